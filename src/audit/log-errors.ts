/** Reasons why a log takes no more, for which the system has no word. */

/** The cause where a pipe or device takes nothing. */
export function behind(): Error {
  return Object.assign(new Error('EAGAIN: whatever reads the audit log does not take it'), { code: 'EAGAIN' });
}

/** The cause where all records are too young to make room. */
export function full(): Error {
  const message = 'the audit log has as many bytes as it may, and its records are too young to be removed';
  return Object.assign(new Error(message), { code: 'AUDIT_FULL' });
}
