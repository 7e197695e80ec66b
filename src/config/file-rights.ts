/** Rights of files that decide what is run and who may do what: where everybody may write one, anybody could have decided that. */
import { chmod, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import process from 'node:process';
import type { Problem } from './snapshot.ts';

const OTHERS_WRITE = 0o002;
/** The bit of folders such as /tmp: what others make there, they alone can take away. */
const STICKY = 0o1000;

/**
 * Takes the right to write from everybody else, for a file and for the gateway's own folder; tells of other folders.
 * @returns what was found; an error where nothing could be done about the file. Never rejects
 */
export async function tighten(file: string, ownFolder: string): Promise<readonly Problem[]> {
  if (process.platform === 'win32') return [];
  const folder = dirname(file);
  const found = [await tightenOne(file, file, 'error')];
  if (folder === ownFolder) found.push(await tightenOne(folder, file, 'warning'));
  else if (await isLoose(folder))
    found.push(
      problem(
        'warning',
        file,
        `Everybody may exchange this file: its folder is open to all`,
        `Take that right away: chmod o-w ${folder}`,
      ),
    );
  return found.filter((one) => one !== undefined);
}

async function tightenOne(path: string, file: string, otherwise: Problem['severity']): Promise<Problem | undefined> {
  if (!(await isLoose(path))) return undefined;
  const what = path === file ? 'this file' : `the folder of this file`;
  try {
    const { mode } = await stat(path);
    await chmod(path, mode & 0o7777 & ~OTHERS_WRITE);
    return problem(
      'warning',
      file,
      `Everybody could write ${what}; now everybody cannot`,
      'Look whether it says what you wrote',
    );
  } catch {
    return problem(
      otherwise,
      file,
      `Everybody may write ${what}, and this account cannot change that`,
      `Have its owner do it: chmod o-w ${path}`,
    );
  }
}

async function isLoose(path: string): Promise<boolean> {
  const facts = await stat(path).catch(() => undefined);
  if (facts === undefined || (facts.mode & OTHERS_WRITE) === 0) return false;
  return !(facts.isDirectory() && (facts.mode & STICKY) !== 0);
}

function problem(severity: Problem['severity'], file: string, message: string, fix: string): Problem {
  return { severity, file, line: 1, column: 1, message, fix };
}
