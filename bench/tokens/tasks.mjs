/** Recorded tasks: what is asked for in an agent's words, the call that does it, and what came back. */
export const TASKS = [
  {
    server: 'filesystem',
    tool: 'edit_file',
    query: 'change some lines of a text file',
    args: { path: '/tmp/notes.md', edits: [{ oldText: 'Tuesday', newText: 'Wednesday' }] },
    result:
      '```diff\n--- /tmp/notes.md\n+++ /tmp/notes.md\n@@ -1,3 +1,3 @@\n # Plan\n-Tuesday: review\n+Wednesday: review\n```',
  },
  {
    server: 'memory',
    tool: 'create_relations',
    query: 'connect two entities in the knowledge graph',
    args: { relations: [{ from: 'Ada', to: 'Analytical Engine', relationType: 'wrote about' }] },
    result: '[\n  {\n    "from": "Ada",\n    "to": "Analytical Engine",\n    "relationType": "wrote about"\n  }\n]',
  },
  {
    server: 'playwright',
    tool: 'browser_navigate',
    query: 'open a web page in the browser',
    args: { url: 'https://example.com' },
    result:
      '### Ran Playwright code\n```js\nawait page.goto("https://example.com");\n```\n### Page\n- Page URL: https://example.com/\n- Page Title: Example Domain',
  },
  {
    server: 'notion',
    tool: 'API-post-search',
    query: 'search pages by title in Notion',
    args: { query: 'Roadmap', page_size: 1 },
    result:
      '{"object":"list","results":[{"object":"page","id":"1f0c","url":"https://www.notion.so/Roadmap-1f0c"}],"has_more":false}',
  },
  {
    server: 'chrome-devtools',
    tool: 'list_network_requests',
    query: 'which network requests did the page make',
    args: { pageSize: 3 },
    result:
      '## Network requests\nShowing 1-2 of 2 (Page 1 of 1).\nreqid=1 GET https://example.com/ [200]\nreqid=2 GET https://example.com/favicon.ico [404]',
  },
  {
    server: 'everything',
    tool: 'get-sum',
    query: 'add two numbers',
    args: { a: 2, b: 3 },
    result: 'The sum of 2 and 3 is 5.',
  },
];
