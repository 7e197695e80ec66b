/** A person with the simplest of browsers: follows redirects, keeps cookies, fills the forms of the tests. */

export interface Walk {
  readonly status: number;
  /** Where it ended. */
  readonly url: string;
  readonly text: string;
}

export interface WalkOptions {
  /** What is entered, by the name of the field. */
  readonly fields: Readonly<Record<string, string>>;
  /** Cookies of a browser that was used before. */
  readonly jar?: Map<string, Map<string, string>>;
  /** Does not open what this says yes to, and ends there. */
  readonly stopAt?: (url: URL) => boolean;
}

const MAX_STEPS = 15;

export async function walk(link: string, { fields, jar = new Map(), stopAt }: WalkOptions): Promise<Walk> {
  let url = new URL(link);
  let body: URLSearchParams | undefined;
  for (let step = 0; step < MAX_STEPS; step++) {
    if (stopAt?.(url) === true) return { status: 0, url: url.href, text: '' };
    const cookies = [...(jar.get(url.host) ?? [])].map(([name, value]) => `${name}=${value}`);
    const origin = body === undefined ? {} : { origin: url.origin };
    const response: Response = await fetch(url, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { ...(cookies.length === 0 ? {} : { cookie: cookies.join('; ') }), ...origin },
      redirect: 'manual',
      ...(body === undefined ? {} : { body }),
    });
    const kept = jar.get(url.host) ?? new Map<string, string>();
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      kept.set(name, value);
    }
    jar.set(url.host, kept);
    const location = response.headers.get('location');
    const text = await response.text();
    const field = /<input name="(\w+)"/.exec(text)?.[1];
    if (location !== null) {
      url = new URL(location, url);
      body = undefined;
    } else if (response.ok && field !== undefined && fields[field] !== undefined) {
      body = new URLSearchParams({ [field]: fields[field] });
    } else return { status: response.status, url: url.href, text };
  }
  throw new Error(`No end of the walk from ${link}`);
}
