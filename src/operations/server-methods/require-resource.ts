/** Checks that a server has a resource under the very URI that a caller wrote: what it did not list cannot be asked for. */
import { appUrisOf } from '../../catalog/app-uris.ts';
import type { ListOptions } from '../../catalog/cached-list.ts';
import type { Offers } from '../../catalog/prompts-and-resources.ts';
import type { ToolEntry } from '../../catalog/tool-entry.ts';
import type { ServerDefinition } from '../../config/snapshot.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { ToolContext } from '../operation.ts';
import { isPlainUri } from './plain-uri.ts';
import { type Effort, fitsTemplate, parseTemplate, type UriTemplate } from './uri-template.ts';

/** Steps of comparing one URI with all templates of a server: some milliseconds. */
const EFFORT = 2_000_000;

/** The purpose of a URI: a resource, or something that arguments are completed for, which may be a template. */
export type UriUse = 'resource' | 'reference';

/**
 * True for what the server lists or names as the page of a tool, character by character; for other URIs only where they
 * can be read in one way (`isPlainUri`) and fit a template of the server, or stood in a result.
 * @throws GatewayError SERVER_UNAVAILABLE or TIMEOUT where its lists cannot be had
 */
export async function offersResource(
  { catalog }: ToolContext,
  server: ServerDefinition,
  uri: string,
  use: UriUse,
  wanted: ListOptions,
): Promise<boolean> {
  const isPlain = isPlainUri(uri);
  const isIn = ({ resources, templates }: Lists): boolean =>
    resources.byKey.has(uri) ||
    (use === 'reference' && templates?.byKey.has(uri)) ||
    (isPlain && templates !== undefined && fitsOne(uri, templates));
  const needsTemplates = isPlain || use === 'reference';
  const resources = await catalog.offers(server, 'resources', wanted);
  if (resources.byKey.has(uri) || (isPlain && catalog.mentions(server, uri))) return true;
  const templates = needsTemplates ? await catalog.offers(server, 'templates', wanted) : undefined;
  if (isIn({ resources, templates })) return true;
  if (/^ui:/i.test(uri) && (await catalog.tools(server, wanted)).some((tool) => pagesOf(tool).includes(uri)))
    return true;
  // It may be newer than the lists.
  const [newResources, newTemplates] = await Promise.all([
    catalog.offersAgain(server, 'resources', wanted),
    needsTemplates ? catalog.offersAgain(server, 'templates', wanted) : undefined,
  ]);
  if (newResources === undefined && newTemplates === undefined) return false;
  return isIn({ resources: newResources ?? resources, templates: newTemplates ?? templates });
}

/** @throws GatewayError TOOL_NOT_FOUND where there is no such resource, and as `offersResource` */
export async function requireResource(
  context: ToolContext,
  server: ServerDefinition,
  uri: string,
  use: UriUse,
  timeoutMs: number,
): Promise<void> {
  if (await offersResource(context, server, uri, use, { timeoutMs, signal: context.signal })) return;
  throw new GatewayError('TOOL_NOT_FOUND', 'There is no such resource.');
}

interface Lists {
  readonly resources: Offers;
  readonly templates: Offers | undefined;
}

const parsed = new WeakMap<Offers, readonly UriTemplate[]>();

function fitsOne(uri: string, templates: Offers): boolean {
  let all = parsed.get(templates);
  if (all === undefined) {
    all = templates.entries.flatMap(({ key }) => {
      const template = parseTemplate(key);
      return template === undefined ? [] : [template];
    });
    parsed.set(templates, all);
  }
  const effort: Effort = { left: EFFORT };
  return all.some((template) => fitsTemplate(uri, template, effort));
}

const pages = new WeakMap<ToolEntry, readonly string[]>();

function pagesOf(tool: ToolEntry): readonly string[] {
  let uris = pages.get(tool);
  if (uris === undefined) {
    uris = appUrisOf(tool.raw).map(({ uri }) => uri);
    pages.set(tool, uris);
  }
  return uris;
}
