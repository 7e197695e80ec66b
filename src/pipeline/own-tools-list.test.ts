import { expect, test } from 'vitest';
import { gatewayTools } from '../operations/gateway-tools/gateway-tools.ts';
import { RUN_CODE } from '../policy/executors.ts';
import { ownToolsOf } from './own-tools-list.ts';

test('a tool is told each time that it is shown, and never where it is not', () => {
  let shown = 0;
  const tools = gatewayTools({ debug: false }).map((tool) =>
    tool.name === RUN_CODE ? { ...tool, shown: () => void shown++ } : tool,
  );
  const list = ownToolsOf(tools);
  const isListed = (choice: Parameters<typeof list>[0]): boolean => JSON.stringify(list(choice)).includes(RUN_CODE);
  expect([isListed('one'), isListed('split'), shown]).toEqual([false, false, 0]);
  expect([isListed('one+code'), isListed('one+code'), isListed('split+code'), shown]).toEqual([true, true, true, 3]);
});
