/** The pages of the site: pages.json has all of docs/, and files of the root, in the order in which they are read. */
import { readFileSync } from 'node:fs';

const { groups, ofTheRoot } = JSON.parse(readFileSync(new URL('pages.json', import.meta.url), 'utf8'));

/** Groups by what a reader is doing, with the titles of their pages by path. */
export const GROUPS = groups;

/** Pages that stand in the root of the repository -> their file there. */
export const ROOT_PAGES = new Map(Object.entries(ofTheRoot));
