/** The recipe of the image. */
import { LICENSE, NAME, REGISTRY_NAME, SUMMARY, TITLE, VERSION } from './names.mjs';

export function dockerfile() {
  return `# The image of ${NAME}. From the root of the repository:
#   npm ci && npm run build && npm pack --pack-destination packaging/docker
#   docker build -t ${NAME} packaging/docker
# It runs without root, with a read-only root file system, and without --init. docs/docker.md says how.
ARG NODE_IMAGE=node:24-bookworm-slim
FROM \${NODE_IMAGE}

# The first process ends what stdio servers leave behind: Node does not wait for processes that are not its own.
RUN apt-get update \\
  && apt-get install --yes --no-install-recommends tini \\
  && rm -rf /var/lib/apt/lists/*

# The package alone: the keychain, its one optional dependency, is nothing that a container has.
COPY ${NAME}-${VERSION}.tgz /tmp/package.tgz
RUN npm install --global --offline --omit=optional --ignore-scripts --no-audit --no-fund /tmp/package.tgz \\
  && rm -rf /tmp/package.tgz /root/.npm \\
  && mkdir --parents /config /data \\
  && chown 1000:1000 /data

ENV NODE_ENV=production \\
  HOME=/data \\
  GATEWAY_MCP_CONFIG=/config/mcp.json \\
  GATEWAY_RULES=/config/rules.json \\
  GATEWAY_TRANSPORT=http \\
  GATEWAY_HTTP_HOST=0.0.0.0 \\
  GATEWAY_HTTP_PORT=8000

LABEL org.opencontainers.image.title="${TITLE}" \\
  org.opencontainers.image.description="${SUMMARY}" \\
  org.opencontainers.image.version="${VERSION}" \\
  org.opencontainers.image.licenses="${LICENSE}" \\
  io.modelcontextprotocol.server.name="${REGISTRY_NAME}"

USER 1000:1000
WORKDIR /data
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM

# Over stdio nothing listens, and whoever started it sees whether it lives.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \\
  CMD ["node", "-e", "if (process.env.GATEWAY_TRANSPORT === 'http') fetch(\`http://127.0.0.1:\${process.env.GATEWAY_HTTP_PORT}/ready\`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]

ENTRYPOINT ["tini", "--", "${NAME}"]
CMD ["serve"]
`;
}
