/** Checks that a server has a resource under the very URI that a caller wrote: what it did not list cannot be asked for. */
import { appUrisOf } from '../../catalog/app-uris.ts';
import type { ListOptions } from '../../catalog/cached-list.ts';
import { decidedOn } from '../../catalog/lock/decided-definition.ts';
import type { Offer, Offers } from '../../catalog/prompts-and-resources.ts';
import type { ToolEntry } from '../../catalog/tool-entry.ts';
import type { ServerDefinition } from '../../config/snapshot.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { DecidedDefinition } from '../../upstream/contract.ts';
import type { ToolContext } from '../operation.ts';
import { hasSkills } from './has-skills.ts';
import { isPlainUri } from './plain-uri.ts';
import { type Effort, fitsTemplate, parseTemplate, type UriTemplate } from './uri-template.ts';

/** Steps of comparing one URI with all templates of a server: some milliseconds. */
const EFFORT = 2_000_000;

/** The purpose of a URI: a resource, a folder of them, or something that arguments are completed for, which may be a template. */
export type UriUse = 'resource' | 'directory' | 'reference';

/** The offer of a server under a URI: a resource, or what a template makes. */
interface Found {
  readonly template?: Offer | undefined;
  /** The skill that lists it. */
  readonly skill?: Offer | undefined;
}

/** As `findResource`, where that is enough to know. */
export async function offersResource(...asked: Parameters<typeof findResource>): Promise<boolean> {
  return (await findResource(...asked)) !== undefined;
}

/**
 * Something for what the server lists, itself or as a file of a skill, or names as the page of a tool, character by character; for other URIs only where they
 * can be read in one way (`isPlainUri`) and fit a template of the server, or stood in a result.
 * @throws GatewayError SERVER_UNAVAILABLE or TIMEOUT where its lists cannot be had
 */
async function findResource(
  { catalog }: ToolContext,
  server: ServerDefinition,
  uri: string,
  use: UriUse,
  wanted: ListOptions,
): Promise<Found | undefined> {
  if (server.overrides !== undefined && server.overrides.originalOf('resource', uri) === undefined) return undefined;
  const isPlain = isPlainUri(uri);
  await catalog.learnUnlisted(server, uri);
  const findIn = ({ resources, templates }: Lists): Found | undefined => {
    if (resources.byKey.has(uri)) return RESOURCE;
    const named = use === 'reference' ? templates?.byKey.get(uri) : undefined;
    const template = named ?? (isPlain && templates !== undefined ? fitting(uri, templates) : undefined);
    return template && { template };
  };
  const findSkill = (await hasSkills(catalog, server, wanted))
    ? (await import('./require-skill.ts')).findSkill
    : () => undefined;
  const skill = await findSkill(catalog, server, uri, use, wanted);
  if (skill !== undefined) return { skill };
  const needsTemplates = isPlain || use === 'reference';
  const resources = await catalog.offers(server, 'resources', wanted);
  if (resources.byKey.has(uri) || (isPlain && catalog.mentions(server, uri))) return RESOURCE;
  const templates = needsTemplates ? await catalog.offers(server, 'templates', wanted) : undefined;
  const found = findIn({ resources, templates });
  if (found !== undefined) return found;
  if (/^ui:/i.test(uri) && (await catalog.tools(server, wanted)).some((tool) => pagesOf(tool).includes(uri)))
    return RESOURCE;
  // It may be newer than the lists.
  const [newResources, newTemplates, newSkills] = await Promise.all([
    catalog.offersAgain(server, 'resources', wanted),
    needsTemplates ? catalog.offersAgain(server, 'templates', wanted) : undefined,
    catalog.offersAgain(server, 'skills', wanted),
  ]);
  const newSkill = newSkills && (await findSkill(catalog, server, uri, use, wanted));
  if (newSkill !== undefined) return { skill: newSkill };
  if (newResources === undefined && newTemplates === undefined) return undefined;
  return findIn({ resources: newResources ?? resources, templates: newTemplates ?? templates });
}

/**
 * @returns what a request carries of the definition of the template
 * @throws GatewayError TOOL_NOT_FOUND where there is no such resource, and as `findResource`
 */
export async function requireResource(
  context: ToolContext,
  server: ServerDefinition,
  uri: string,
  use: UriUse,
  timeoutMs: number,
): Promise<DecidedDefinition | undefined> {
  const found = await findResource(context, server, uri, use, { timeoutMs, signal: context.signal });
  if (found?.skill !== undefined) return decidedOn(server, 'skill', found.skill.key, found.skill);
  if (found !== undefined) return found.template && decidedOn(server, 'template', found.template.key, found.template);
  throw new GatewayError('TOOL_NOT_FOUND', 'There is no such resource.');
}

interface Lists {
  readonly resources: Offers;
  readonly templates: Offers | undefined;
}

const RESOURCE: Found = {};

const parsed = new WeakMap<Offers, readonly ParsedTemplate[]>();

interface ParsedTemplate {
  readonly offer: Offer;
  readonly template: UriTemplate;
}

function fitting(uri: string, templates: Offers): Offer | undefined {
  let all = parsed.get(templates);
  if (all === undefined) {
    all = templates.entries.flatMap((offer) => {
      const template = parseTemplate(offer.key);
      return template === undefined ? [] : [{ offer, template }];
    });
    parsed.set(templates, all);
  }
  const effort: Effort = { left: EFFORT };
  return all.find(({ template }) => fitsTemplate(uri, template, effort))?.offer;
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
