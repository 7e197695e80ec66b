import process from 'node:process';
import { CommanderError } from 'commander';
import { fail } from './output.ts';
import { createProgram } from './program.ts';

// `--init` is how the Python gateway spelled the command.
const argv = process.argv[2] === '--init' ? process.argv.with(2, 'init') : process.argv;
createProgram(argv)
  .then((program) => program.parseAsync(argv))
  .catch((error: unknown) => {
    // Help and version end like that.
    if (!(error instanceof CommanderError)) fail(error);
  });
