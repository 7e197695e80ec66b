/** What is told without a call: lists that changed, resources that were updated. */
import { expect } from 'vitest';
import type { Exchange, RpcMessage } from '../support/rpc.ts';
import type { Side } from './cells.ts';
import { errorOf, type Feature, feature, onBoth, resultOf, said } from './feature.ts';

const SUBSCRIPTION = 'io.modelcontextprotocol/subscriptionId';
type Kind = 'tools' | 'prompts' | 'resources';

const changed = (kind: Kind) => (message: RpcMessage) => message.method === `notifications/${kind}/list_changed`;
const updated = (uri: string) => (message: RpcMessage) =>
  message.method === 'notifications/resources/updated' && message.params?.['uri'] === uri;

/** Opens a stream of changes. @returns what was agreed to, and the request that is open */
async function listen(
  { caller }: Side,
  notifications: object,
): Promise<{ agreed: unknown; open: Exchange; fits: (message: RpcMessage) => boolean }> {
  const from = caller.heard.length;
  const open = caller.start('subscriptions/listen', { notifications });
  const mine = ({ params }: RpcMessage): boolean =>
    (params?.['_meta'] as Record<string, unknown> | undefined)?.[SUBSCRIPTION] === open.id;
  const { message } = await caller.hears(
    (heard) => heard.method === 'notifications/subscriptions/acknowledged' && mine(heard),
    from,
  );
  return { agreed: message.params?.['notifications'], open, fits: mine };
}

/** A change of each kind is told; `tools` in views that show those of the server. */
async function expectChanges(
  side: Side,
  kinds: readonly Kind[],
  fits: (message: RpcMessage) => boolean,
): Promise<void> {
  const from = side.caller.heard.length;
  for (const kind of kinds) said(await side.tool('change', { kind }));
  for (const kind of kinds) await side.caller.hears((message) => changed(kind)(message) && fits(message), from);
}

export const changes: readonly Feature[] = [
  feature(
    'lists that changed',
    'crosses',
    onBoth(async (side, _server, { cell }) => {
      // So that the server is connected: one that is not has nothing to tell.
      said(await side.tool('label'));
      const kinds: Kind[] = cell.view === 'discovery' ? ['prompts', 'resources'] : ['tools', 'prompts', 'resources'];
      await expectChanges(side, kinds, () => true);
    }),
    { caller: 'legacy' },
  ),
  feature(
    'lists that changed',
    'crosses',
    onBoth(async (side, _server, { cell }) => {
      said(await side.tool('label'));
      const wanted = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true };
      const { agreed, open, fits } = await listen(side, wanted);
      expect(agreed).toEqual(wanted);
      const kinds: Kind[] = cell.view === 'discovery' ? ['prompts', 'resources'] : ['tools', 'prompts', 'resources'];
      await expectChanges(side, kinds, fits);
      open.cancel();

      // A stream hears of nothing that it did not ask for.
      const other = await listen(side, { promptsListChanged: true });
      const from = side.caller.heard.length;
      said(await side.tool('change', { kind: 'resources' }));
      await expectChanges(side, ['prompts'], other.fits);
      const heard = side.caller.heard.slice(from).filter(({ message }) => other.fits(message));
      expect(heard.map(({ message }) => message.method)).toEqual(['notifications/prompts/list_changed']);
      other.open.cancel();
    }),
    { caller: 'modern' },
  ),
  feature(
    'changes of tools, in the view that shows none of them',
    'is left out: the tools of the gateway stay the same',
    onBoth(async (side, _server, { cell }) => {
      said(await side.tool('label'));
      const open =
        cell.caller === 'modern' ? await listen(side, { toolsListChanged: true, promptsListChanged: true }) : undefined;
      const from = side.caller.heard.length;
      said(await side.tool('change', { kind: 'tools' }));
      await expectChanges(side, ['prompts'], () => true);
      expect(side.caller.heard.slice(from).filter(({ message }) => changed('tools')(message))).toEqual([]);
      open?.open.cancel();
    }),
    { view: 'discovery' },
  ),
  feature(
    'updates of resources that were subscribed to',
    'crosses',
    onBoth(async (side) => {
      const { caller } = side;
      const [one, other] = [side.uri('test://watched/a'), side.uri('test://watched/b')];
      for (const uri of [one, other]) expect(resultOf(await caller.call('resources/subscribe', { uri }))).toEqual({});
      let from = caller.heard.length;
      for (const name of ['a', 'b'])
        said(await side.tool('change', { kind: 'resource', uri: `test://watched/${name}` }));
      for (const uri of [one, other]) await caller.hears(updated(uri), from);
      expect(resultOf(await caller.call('resources/unsubscribe', { uri: one }))).toEqual({});
      from = caller.heard.length;
      for (const name of ['a', 'b'])
        said(await side.tool('change', { kind: 'resource', uri: `test://watched/${name}` }));
      await caller.hears(updated(other), from);
      expect(caller.heard.slice(from).filter(({ message }) => updated(one)(message))).toEqual([]);
      resultOf(await caller.call('resources/unsubscribe', { uri: other }));
    }),
    { caller: 'legacy' },
  ),
  feature(
    'updates of resources that were subscribed to',
    'crosses',
    onBoth(async (side) => {
      const { caller } = side;
      const [one, other] = [side.uri('test://watched/a'), side.uri('test://watched/b')];
      const both = await listen(side, { resourceSubscriptions: [one, other] });
      expect(both.agreed).toEqual({ resourceSubscriptions: [one, other] });
      const single = await listen(side, { resourceSubscriptions: [other] });
      const from = caller.heard.length;
      for (const name of ['a', 'b'])
        said(await side.tool('change', { kind: 'resource', uri: `test://watched/${name}` }));
      await caller.hears((message) => updated(one)(message) && both.fits(message), from);
      await caller.hears((message) => updated(other)(message) && both.fits(message), from);
      await caller.hears((message) => updated(other)(message) && single.fits(message), from);
      expect(caller.heard.slice(from).filter(({ message }) => single.fits(message))).toHaveLength(1);
      both.open.cancel();
      single.open.cancel();
      expect(errorOf(await caller.call('resources/subscribe', { uri: one }))).toMatchObject({ code: -32601 });
    }),
    { caller: 'modern' },
  ),
];
