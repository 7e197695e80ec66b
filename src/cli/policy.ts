import { type Command, Option } from 'commander';
import { ACCESS_LEVELS } from '../policy/rules-data.ts';
import { type CommandFlags, settingsFrom, withFiles } from './flags.ts';
import { fail } from './output.ts';
import { registerAuthoring } from './policy-authoring.ts';

type PolicyFlags = CommandFlags & { readonly json?: boolean };
type ExplainFlags = PolicyFlags & {
  readonly prompt?: string;
  readonly resource?: string;
  readonly skill?: string;
  readonly args?: string;
  readonly access?: string;
  readonly carrying?: string;
};

export function registerPolicy(program: Command): void {
  const policy = program
    .command('policy')
    .description('ask the rules what they allow, and write them')
    .addHelpText('after', '\nExample:\n  $ agent-mcp-gateway policy explain researcher brave-search');
  registerExplain(policy);
  registerTest(policy);
  registerAuthoring(policy);
}

function registerExplain(policy: Command): void {
  const command = policy
    .command('explain')
    .description('say whether an agent may use a server or one of its tools, and which rule decides')
    .argument('<agent>', 'agent of the rules')
    .argument('<server>', 'name of a server')
    .argument('[tool]', 'name of a tool; without it the answer is about the server as such');
  withFiles(command)
    .option('--prompt <name>', 'ask about a prompt in place of a tool')
    .option('--resource <uri>', 'ask about a resource in place of a tool')
    .option('--skill <uri>', 'ask about a skill in place of a tool')
    .option('--args <json>', 'arguments of a call, for rules that speak of them')
    .addOption(
      new Option('--access <level>', 'what the tool does, for rules that speak of it').choices([...ACCESS_LEVELS]),
    )
    .option(
      '--carrying <labels>',
      'labels of what the agent touched before, with commas between, for rules under "flow"',
    )
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ agent-mcp-gateway policy explain researcher brave-search brave_web_search
  $ agent-mcp-gateway policy explain researcher files --resource file:///plan.md
  $ agent-mcp-gateway policy explain writer files write_file \\
      --args '{"path": "/srv/project/a.txt"}'

The decision is taken on the names, and on what --args and --access say: neither
the server nor the tool has to exist.
Exit status: 0 allowed, 3 denied, 5 if a person is asked first, 6 if it
depends on what is not said, 1 if the rules cannot be read.`,
    )
    .action(async (agent: string, server: string, tool: string | undefined, flags: ExplainFlags) => {
      const { prompt, resource, skill, args } = flags;
      if ([tool, prompt, resource, skill].filter((name) => name !== undefined).length > 1) {
        return command.error('error: ask about a tool, a prompt, a resource or a skill, one at a time.');
      }
      if (args !== undefined && tool === undefined) return command.error('error: --args is about a call of a tool.');
      const { kind, name } = [
        { kind: 'prompt', name: prompt } as const,
        { kind: 'resource', name: resource } as const,
        { kind: 'skill', name: skill } as const,
      ].find((one) => one.name !== undefined) ?? { kind: 'tool' as const, name: tool };
      try {
        const { explainCommand } = await import('./policy-run.ts');
        await explainCommand(settingsFrom(flags), {
          agent,
          server,
          name,
          kind,
          args,
          access: ACCESS_LEVELS.find((level) => level === flags.access),
          carrying: flags.carrying?.split(',').map((label) => label.trim()),
          json: flags.json === true,
        });
      } catch (error) {
        fail(error);
      }
    });
}

function registerTest(policy: Command): void {
  const command = policy
    .command('test')
    .description('compare the rules with a file of expected decisions')
    .argument('<file>', 'expectations: [{"checks": [[agent, server, tool or null, true, false or "ask", arguments]]}]');
  withFiles(command)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Example:
  $ agent-mcp-gateway policy test expectations.json --rules rules.json

with, in expectations.json:
  [{"checks": [["researcher", "brave-search", null, true],
               ["researcher", "postgres", "drop_table", false],
               ["writer", "files", "write_file", true, {"path": "/srv/a"}]]}]

An entry may bring "rules" of its own next to "checks"; the others are about
the rules file.
Exit status: 0 if every check holds, 1 if one does not, there is none, or
a file cannot be read.`,
    )
    .action(async (file: string, flags: PolicyFlags) => {
      try {
        const { testCommand } = await import('./policy-run.ts');
        await testCommand(settingsFrom(flags), { file, json: flags.json === true });
      } catch (error) {
        fail(error);
      }
    });
}
