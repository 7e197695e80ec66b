/** The reason why a text is no message. */
type Reason = 'syntax' | 'depth' | 'duplicate' | 'keys';

export class ScanError extends Error {
  readonly reason: Reason;
  readonly position: number;
  /** True where the text begins like an object. */
  readonly isObject: boolean;

  constructor(reason: Reason, position: number, message: string, isObject = true) {
    super(message);
    this.name = 'ScanError';
    this.isObject = isObject;
    this.reason = reason;
    this.position = position;
  }
}
