/** TypeScript to JavaScript: types are removed, line by line. Loaded only for programs that are no JavaScript. */
import { transform } from 'sucrase';

/** The same program without its types, each line where it was; undefined where it is no TypeScript. */
export function withoutTypes(code: string): string | undefined {
  try {
    return transform(code, { transforms: ['typescript'], disableESTransforms: true, keepUnusedImports: true }).code;
  } catch {
    return undefined;
  }
}
