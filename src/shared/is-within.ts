/** True if a path is a folder, or below it. Both are whole, and without dot segments. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);
}
