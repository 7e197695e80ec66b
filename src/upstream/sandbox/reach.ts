import type { ServerDefinition } from '../../config/snapshot.ts';

/** Describes in words the files and hosts that a server could reach. */
export function reachOf(link: ServerDefinition['link']): string {
  if (link.transport !== 'stdio') return 'nothing of this machine: it runs elsewhere';
  const { sandbox } = link;
  if (sandbox === undefined) return 'all files and hosts that this account reaches: it has no "sandbox"';
  const { read, write, network, image } = sandbox;
  return [
    `in a ${image === undefined ? 'sandbox' : 'container'}: changes ${listOf(write)}`,
    `reads ${listOf(read)} and ${image === undefined ? 'the programs of the system' : `the image ${image.name}`}`,
    `connects to ${network === true ? 'everything, this machine included' : listOf(network === false ? [] : network)}`,
  ].join('; ');
}

function listOf(items: readonly string[]): string {
  return items.length === 0 ? 'nothing' : items.join(', ');
}
