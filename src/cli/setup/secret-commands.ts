/** Runs the commands about secrets. */
import { existsSync, rmSync } from 'node:fs';
import process from 'node:process';
import { writePrivateFile } from '../../config/config-files.ts';
import { openSecretFiles, SECRET_NAME } from '../../config/secret-files.ts';
import { secretPath } from '../../config/secret-places.ts';
import { GatewayError } from '../../shared/errors.ts';
import { print, printJson, say } from '../output.ts';
import { answered, contextHere, hasTerminal, orGiveUp, prompts } from './context.ts';

/** @throws GatewayError USAGE, CANNOT_WRITE, CREDENTIALS_UNREADABLE */
export async function setSecret(name: string): Promise<void> {
  await orGiveUp(async () => {
    const { settings } = contextHere({});
    checkName(name);
    const value = hasTerminal() ? await askFor(name) : await readAll();
    if (value === '') throw new GatewayError('USAGE', 'A secret is not empty: write it to standard input.');
    await writePrivateFile(secretPath(settings.configDir, name), await openSecretFiles(settings).seal(name, value));
    say(
      `Kept ${name}. Entries of the servers file use it as \${secret:${name}}; a running gateway has it within a second.`,
    );
  });
}

function checkName(name: string): void {
  if (SECRET_NAME.test(name)) return;
  throw new GatewayError(
    'USAGE',
    'The name of a secret has letters, digits, "_", "." and "-", and begins with a letter.',
  );
}

async function askFor(name: string): Promise<string> {
  const { password } = await prompts();
  return answered(await password({ message: `Value of ${name}`, output: process.stderr })) ?? '';
}

/** Standard input without the line feed at its end. */
async function readAll(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) text += chunk;
  return text.replace(/\r?\n$/, '');
}

export async function listSecrets(isJson: boolean): Promise<void> {
  const { settings } = contextHere({});
  const names = [...(await openSecretFiles(settings).names())].sort();
  if (isJson) printJson(names);
  else for (const name of names) print(name);
}

/** @throws GatewayError USAGE where there is no such secret */
export async function removeSecret(name: string): Promise<void> {
  const { settings } = contextHere({});
  checkName(name);
  const path = secretPath(settings.configDir, name);
  if (!existsSync(path))
    throw new GatewayError('USAGE', `There is no secret ${name}. See "agent-mcp-gateway secret list".`);
  rmSync(path);
  say(`Removed ${name}.`);
}
