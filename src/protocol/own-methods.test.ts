import { expect, it } from 'vitest';
import { mayBeOwnMethod } from './own-methods.ts';

it.each([
  'tools/call',
  'Tools/Call',
  ' tools/call',
  'tools/unknown',
  'tools',
  'tools_call',
  'toolsCall',
  'tools.call',
  'tools:call',
  'TOOLS-CALL',
  '/tools/call',
  './tools/call',
  'x/../tools/call',
  'tools//call',
  'x//tools/call',
  'vendor/..',
  'tools\\/call',
  'tools%2Fcall',
  'tools\u0000/call',
  '\u200btools/call',
  '\uff54ools/call',
  'tool\u017f/call',
  'tools\u2215call',
  'prompts_get',
  'resources.templates.list',
  'logging_set_level',
  '',
])('%j may be read as one of the protocol', (method) => {
  expect(mayBeOwnMethod(method)).toBe(true);
});

it.each([
  'com.example/do',
  'vendor/any',
  'toolset/list',
  'pingpong',
  '$/progress',
  'textDocument/didOpen',
  'x.y:z-1',
  'ai.skills/tools/list',
])('%j is an extension', (method) => {
  expect(mayBeOwnMethod(method)).toBe(false);
});
