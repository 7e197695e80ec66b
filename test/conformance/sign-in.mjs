/** The user of a caller: opens the links that the gateway asks to open, as a browser without anything to click. */

/** More than a client should ever need for one request. */
const MAX_SIGN_INS = 5;
const LINK = /AUTH_REQUIRED|needs a sign-in/;

/** The link in a refusal; undefined for none. */
const linkIn = (text) => (LINK.test(text) ? /https?:\/\/[^\s"\\]+/.exec(text)?.[0] : undefined);

async function open(link) {
  const page = await fetch(link, { redirect: 'manual' });
  const back = page.headers.get('location');
  if (back === null)
    throw new Error(`The sign-in page of ${new URL(link).origin} leads nowhere (HTTP ${page.status}).`);
  const answer = await fetch(back);
  process.stderr.write(`signed in: HTTP ${answer.status} ${/<p>([^<]*)/.exec(await answer.text())?.[1]}\n`);
  return answer.ok;
}

/** A session whose requests are made again after each sign-in that they need. */
export function signingIn(session) {
  async function request(method, params, between, signIns = 0) {
    let refusal;
    let result;
    try {
      result = await session.request(method, params, between);
      refusal = result.isError === true ? result.content?.[0]?.text : undefined;
    } catch (error) {
      refusal = error.message;
      if (linkIn(refusal) === undefined) throw error;
    }
    const link = linkIn(refusal ?? '');
    if (link === undefined || signIns >= MAX_SIGN_INS || !(await open(link))) return result;
    return request(method, params, between, signIns + 1);
  }
  return { ...session, request };
}
