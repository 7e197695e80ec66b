/** The reference server, which speaks the 2025 revisions, as a client of either generation meets it. */
import { expect } from 'vitest';
import { entriesOf, type Feature, feature, resultOf, said } from './feature.ts';

export const everything: readonly Feature[] = [
  feature(
    'the reference server `server-everything`',
    'crosses',
    async (bench) => {
      const side = await bench.at('everything');
      const { caller } = side;
      expect(said(await side.tool('echo', { message: 'hello' }))).toBe('Echo: hello');
      const structured = resultOf(await side.tool('get-structured-content', { location: 'New York' }));
      expect(structured['structuredContent']).toMatchObject({ temperature: 33 });

      const prompts = await entriesOf(side, 'prompts/list', 'prompts');
      expect(prompts.map(({ name }) => name)).toContain(side.name('args-prompt'));
      const prompt = { name: side.name('args-prompt'), arguments: { city: 'Turin' } };
      expect(JSON.stringify(resultOf(await caller.call('prompts/get', prompt))['messages'])).toContain('Turin');

      const uri = side.uri('demo://resource/dynamic/text/1');
      const { contents } = resultOf(await caller.call('resources/read', { uri })) as { contents: object[] };
      expect(contents[0]).toMatchObject({ uri, mimeType: 'text/plain' });

      const ref = { type: 'ref/prompt', name: side.name('completable-prompt') };
      const argument = { name: 'department', value: 'E' };
      const { completion } = resultOf(await caller.call('completion/complete', { ref, argument }));
      expect(completion).toMatchObject({ values: ['Engineering'] });

      expect(said(await side.tool('trigger-sampling-request', { prompt: 'Say', maxTokens: 5 }))).toContain('sampled');
      const answer = await caller.responding(
        'elicitation/create',
        () => ({ action: 'accept', content: { name: 'Ada' } }),
        () => side.tool('trigger-elicitation-request'),
      );
      expect(answer.text).toContain('Ada');
    },
    { server: 'legacy' },
  ),
];
