/** The requests that the page can make, whoever carries the requests: the command `ui`, or a gateway that serves the page itself. */
import { failure, failureOf, type PageRequest, type Told } from '../transport/http/ui-page.ts';

interface Named {
  /** Segments behind `api/`; one that begins with `:` stands for any. */
  readonly path: string;
}

/** Something that is answered once. */
interface Answered extends Named {
  readonly method: 'GET' | 'POST';
  /** True where it changes something: refused unless the owner wants that. */
  readonly writes?: true;
  /** @returns what is sent as JSON */
  answer(request: UiRequest): unknown;
}

/** Something that goes on: a JSON value for each thing that happens. */
interface Followed extends Named {
  readonly method: 'GET';
  /** @param send false where whoever reads is behind, and has not got it. @returns ends it */
  follow(send: (value: object) => boolean): () => void;
}

export type Route = Answered | Followed;

export interface UiRequest {
  /** The segments in the place of those that begin with `:`, decoded. */
  readonly names: readonly string[];
  readonly query: URLSearchParams;
  /** The JSON value of the body of a POST. */
  readonly body: unknown;
  /** The person who looks. */
  readonly who: string;
  /** True where they may change something. */
  readonly mayWrite: boolean;
}

/** Finds what is asked for, and asks it. Never rejects. */
export async function tellRoute(
  routes: readonly Route[],
  { method, path, body, who, mayWrite }: PageRequest,
): Promise<Told> {
  const [plain = '', query = ''] = path.split('?');
  const found = findRoute(routes, method, plain);
  if (found === undefined) return failure(404, 'There is nothing of this name.');
  const { route, names } = found;
  if ('follow' in route) return { follow: (send) => route.follow(send) };
  if (route.writes === true && !mayWrite) return failure(403, READ_ONLY);
  try {
    const value = await route.answer({ names, query: new URLSearchParams(query), body, who, mayWrite });
    return { status: 200, text: JSON.stringify(value) };
  } catch (error) {
    return failureOf(error);
  }
}

const READ_ONLY =
  'This page only looks: start it with "agent-mcp-gateway ui --write", or the gateway with --ui-write, to change things.';

function findRoute(
  routes: readonly Route[],
  method: string,
  path: string,
): { readonly route: Route; readonly names: readonly string[] } | undefined {
  const segments = path.split('/').map(decoded);
  for (const route of routes) {
    const wanted = route.path.split('/');
    if (route.method !== method || wanted.length !== segments.length) continue;
    if (!wanted.every((part, at) => part.startsWith(':') || part === segments[at])) continue;
    return { route, names: segments.filter((_, at) => wanted[at]?.startsWith(':') === true) };
  }
  return undefined;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
