import process from 'node:process';
import { fail } from './cli/output.ts';
import { createProgram } from './cli/program.ts';

createProgram().parseAsync(process.argv).catch(fail);
