import { expect, test } from 'vitest';
import { storeAddress } from './store-address.ts';

test('an address is taken apart', () => {
  expect(storeAddress('redis://localhost')).toEqual({
    nodes: [{ host: 'localhost', port: 6379 }],
    isCluster: false,
    tls: false,
    db: 0,
  });
  expect(storeAddress('rediss://me:p%40ss:word@cache.example.com:6380/2')).toEqual({
    nodes: [{ host: 'cache.example.com', port: 6380 }],
    isCluster: false,
    tls: true,
    username: 'me',
    password: 'p@ss:word',
    db: 2,
  });
  expect(storeAddress('redis+cluster://:secret@[::1]:7000,b:7001')).toMatchObject({
    nodes: [
      { host: '::1', port: 7000 },
      { host: 'b', port: 7001 },
    ],
    isCluster: true,
    password: 'secret',
  });
});

test.each([
  'redis://a,b',
  'redis+cluster://a:1/2',
  'redis://host/x',
  'redis://host?secret',
  'redis://host:99999',
  'redis://%zz@host',
  'redis://',
])('%s is none, and the error does not repeat it', (url) => {
  expect(() => storeAddress(url)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  expect(() => storeAddress(url)).not.toThrow(/secret/);
});
