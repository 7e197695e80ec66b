/** Arguments with which an operation cannot be called: whoever gave them may correct them. */
export class ArgumentFault extends Error {}
