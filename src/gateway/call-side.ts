/** The path of calls in a gateway: what the pipeline works with, and what is measured of it. */
import { join } from 'node:path';
import { statusOf } from '../admin/gateway-status.ts';
import { Approvals } from '../approvals/approvals.ts';
import { approvalsFolder } from '../approvals/open-questions.ts';
import type { Question } from '../approvals/question.ts';
import { QuestionFiles } from '../approvals/question-files.ts';
import { estimateTokens } from '../catalog/estimate-tokens.ts';
import { isLoopback, type Settings } from '../config/settings.ts';
import type { WebhookTerms } from '../config/snapshot.ts';
import { stateKeysFor } from '../config/state-keys.ts';
import { createLedger } from '../observe/ledger.ts';
import type { Logger } from '../observe/log.ts';
import { gatewayTools } from '../operations/gateway-tools/gateway-tools.ts';
import { createResultStore } from '../operations/results/result-store.ts';
import { type AgentSpending, type SpentHere, spendingTogether, spentHere } from '../operations/spending.ts';
import type { PipelineDependencies } from '../pipeline/dependencies.ts';
import { CarriedLabels } from '../pipeline/flow/carried-labels.ts';
import { flowFolder, LabelFiles } from '../pipeline/flow/label-files.ts';
import { createLimiter } from '../pipeline/rate-limits.ts';
import { SignInPrompts } from '../pipeline/sign-in-prompts.ts';
import { runInner } from '../pipeline/tool-call.ts';
import { createParkedConversations } from '../relay/parked-conversations.ts';
import { createTasks } from '../relay/task-registry.ts';
import { ByteBudget } from '../shared/byte-budget.ts';
import { reportServers, type ServerReport, withFigures } from '../upstream/pool/server-report.ts';
import type { Foundation } from './foundation.ts';
import type { ServerSide } from './server-side.ts';
import type { SharedParts } from './shared-parts.ts';

export interface CallSide {
  readonly parts: PipelineDependencies;
  /** The state of the servers of this process. */
  servers(): ServerReport[];
  /** The spending of agents in this process. */
  spent(): readonly SpentHere[];
  spending(): readonly AgentSpending[];
  /** The configuration is another one. */
  reloaded(): void;
}

/** @param isLasting false for commands that end soon: nobody could come back to a sign-in. @param shared parts that several gateways have in common */
export function createCallSide(
  foundation: Foundation,
  serverSide: ServerSide,
  isLasting: boolean,
  shared?: SharedParts,
): CallSide {
  const { settings, config, audit, metrics, log, worker, gatewayId, redactor } = foundation;
  const { catalog, upstreams, oauth } = serverSide;
  const budget = new ByteBudget({ share: worker?.share });
  // What a caller brings may be another replica's.
  const isReplica = settings.stateKeys.length > 0;
  const results = createResultStore({
    tag: worker?.tag,
    share: worker?.share,
    budget,
    gatewayId: isReplica ? gatewayId : undefined,
  });
  const tokens = metrics.counter('tokens_total', 'Estimated tokens that agents read.', ['agent', 'kind']);
  const ledger = createLedger(tokens, estimateTokens);
  const tools = new Map(gatewayTools(settings).map((tool) => [tool.name, tool]));
  const spent = (): readonly SpentHere[] =>
    spentHere({ snapshot: config.current(), catalog, ledger, tools: tools.values() });
  const spending = (): readonly AgentSpending[] => spendingTogether([spent()]);
  const ownServers = (): ServerReport[] =>
    reportServers(config.current(), upstreams.status(), settings.transport === 'stdio').filter(
      ({ name }) => worker?.owns(name) ?? true,
    );
  const servers = (): ServerReport[] => withFigures(ownServers(), metrics.servers());
  const approvals = openApprovals(foundation, shared);
  let requests = 0;
  const parts: PipelineDependencies = {
    snapshot: config.current,
    tools,
    catalog,
    upstreams,
    parking: createParkedConversations({
      tag: worker?.tag,
      share: worker?.share,
      budget,
      keys: stateKeysFor(settings, 'parked'),
      gatewayId,
    }),
    tasks: createTasks({ tag: worker?.tag, share: worker?.share, keys: taskKeysOf(settings, log) }),
    results: worker?.results(results) ?? results,
    budget,
    tag: worker?.tag,
    runInner,
    limiter: shared?.limiter ?? worker?.limiter ?? createLimiter(),
    keeping: keepingIn(budget),
    watches: watchesIn(join(settings.cacheDir, 'budgets'), shared),
    carried: new CarriedLabels(shared?.labels ?? new LabelFiles(flowFolder(settings.cacheDir))),
    signInPrompts: new SignInPrompts({
      oauth,
      lasts: isLasting,
      isLocal: settings.transport === 'stdio' || isLoopback(settings.host),
      publicUrl: settings.publicUrl,
      tag: worker?.tag,
    }),
    approvals,
    redact: redactor.redact,
    audit,
    metrics,
    ledger,
    log,
    nextRequestId: () => `${gatewayId}-${++requests}`,
    status: async (visible) =>
      statusOf(config, (await worker?.servers()) ?? servers(), (await worker?.spending()) ?? spending(), visible),
  };
  const reloaded = (): void => {
    results.review();
    approvals.reloaded();
  };
  return { parts, servers, spent, spending, reloaded };
}

/** The keys of the ids of tasks; read when there is a task. */
function taskKeysOf(settings: Settings, log: Logger): () => Promise<readonly Uint8Array[]> {
  let keys: Promise<readonly Uint8Array[]> | undefined;
  return () => {
    keys ??= import('../config/derived-key.ts')
      .then(({ handleKeys }) => handleKeys(settings, 'tasks'))
      .catch((err: unknown) => {
        log.warn({ err }, 'there is no key for the ids of tasks: callers cannot use them after a restart');
        return [];
      });
    return keys;
  };
}

function keepingIn(budget: ByteBudget): PipelineDependencies['keeping'] {
  let keeping: ReturnType<PipelineDependencies['keeping']> | undefined;
  return () => {
    keeping ??= import('../operations/results/keeping.ts').then(({ Keeping }) => new Keeping(budget));
    return keeping;
  };
}

/** All gateways of this account share one folder, so that a budget is one. */
function watchesIn(folder: string, shared: SharedParts | undefined): PipelineDependencies['watches'] {
  let watches: ReturnType<PipelineDependencies['watches']> | undefined;
  const load = async (): ReturnType<PipelineDependencies['watches']> => {
    const [{ CallWatches }, { BudgetAccounts }] = await Promise.all([
      import('../pipeline/watches/call-watches.ts'),
      import('../pipeline/watches/budgets.ts'),
    ]);
    return new CallWatches(shared?.budgets ?? new BudgetAccounts(folder), estimateTokens);
  };
  return () => {
    watches ??= load();
    return watches;
  };
}

/** All gateways of this account share one folder: a question survives the process that asked it, and any of them takes the answer. */
function openApprovals({ settings, audit, log }: Foundation, shared: SharedParts | undefined): Approvals {
  return new Approvals({
    questions: shared?.questions ?? new QuestionFiles(approvalsFolder(settings.cacheDir)),
    audit,
    log,
    notify(question, { webhook }) {
      if (webhook !== undefined) void tell(question, webhook, log);
    },
  });
}

/** Loaded when somebody is told: few rules have a webhook. */
async function tell(question: Question, webhook: WebhookTerms, log: Logger): Promise<void> {
  const [{ sendWebhook }, { postText }] = await Promise.all([
    import('../approvals/webhook.ts'),
    import('../upstream/channel/post-text.ts'),
  ]);
  await sendWebhook({ post: postText, log }, webhook, question);
}
