import { withBase } from 'vitepress';
import { h } from 'vue';

const ALT = 'Agents reach servers through the gateway, which finds tools, decides by rules and records every call';

/** File -> what it is for: style.css shows one of them. */
const FILES = {
  'gateway.svg': 'wide light-only',
  'gateway-dark.svg': 'wide dark-only',
  'gateway-tall.svg': 'tall light-only',
  'gateway-tall-dark.svg': 'tall dark-only',
};

/** The picture of the front page. */
export function Picture() {
  const images = Object.entries(FILES).map(([file, use]) =>
    h('img', { class: use, src: withBase(`/${file}`), alt: ALT, loading: 'lazy' }),
  );
  return h('div', { class: 'picture' }, images);
}
