/** The files that `init` writes: they work as they are, with comments that say how to go on. */

export const SERVERS_TEMPLATE = `{
  // The MCP servers that your agents reach through the gateway. The format is that of .mcp.json in
  // Claude Code and of mcp.json in Cursor, so entries can be pasted as they are.
  "mcpServers": {
    // A program that the gateway starts. Its "description" is what agents see before they ask for tools.
    "memory": {
      "command": "npx",
      "args": ["-y", "@modelcontextprotocol/server-memory"],
      "description": "Remembers facts about people and projects between conversations"
    },
    "sequential-thinking": {
      "command": "npx",
      "args": ["-y", "@modelcontextprotocol/server-sequential-thinking"],
      "description": "Thinks a problem through step by step"
    }

    // A server on the network. \${NAME} is replaced by the environment variable, \${NAME:-text} has a default.
    // "github": {
    //   "url": "https://api.githubcopilot.com/mcp/",
    //   "headers": { "Authorization": "Bearer \${GITHUB_TOKEN}" },
    //   "description": "Issues, pull requests and code on GitHub"
    // }
  }
}
`;

export const SINGLE_AGENT_TEMPLATE = `{
  // Rules say which agent may use which servers and tools. What is not allowed is denied, and "deny" always
  // beats "allow". Names may be patterns: * any characters, ? one character, [abc] one of these.
  "agents": {
    // The agent of every call that does not name another one.
    "default": {
      "allow": { "servers": ["*"] },
      // Server -> tools of it. Without an entry here, every tool of an allowed server may be used.
      "deny": { "tools": { "memory": ["delete_*"] } },
      // A longer result is cut; the agent reads on where it needs to.
      "max_result_tokens": 4500
    }
  }
}
`;

export const MULTI_AGENT_TEMPLATE = `{
  // Rules say which agent may use which servers and tools. What is not allowed is denied, and "deny" always
  // beats "allow". Names may be patterns: * any characters, ? one character, [abc] one of these.
  "agents": {
    // Tell each agent its name in its instructions: it passes it as agent_id with every call.
    "researcher": {
      "allow": {
        "servers": ["memory", "sequential-thinking"],
        // Server -> tools of it. Once a server is listed here, only these tools of it are allowed.
        "tools": { "memory": ["read_graph", "search_nodes", "open_nodes"] }
      },
      // A longer result is cut; the agent reads on where it needs to.
      "max_result_tokens": 4500
    },
    "developer": {
      "allow": { "servers": ["*"] },
      "deny": { "tools": { "memory": ["delete_*"] } },
      "max_result_tokens": 4500
    }
  },
  "defaults": {
    // A call must say which agent it is from. Without this line, the agent "default" would be used.
    "deny_on_missing_agent": true
  }
}
`;
