/** `1 check`, `2 checks`. @param many where it takes more than an `s`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
