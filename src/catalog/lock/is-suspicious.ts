/** Whether the scan finds something in a definition that somebody should look at before agents do. */

/** @param _text JSON of a definition, or of what a server says of itself */
export function isSuspicious(_text: string): boolean {
  return false;
}
