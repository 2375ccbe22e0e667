# One image for every process of the market: the command is the file to run, as in
# `docker run bourse services/catalog/main.ts`.

FROM oven/bun:1.4.5-slim AS dependencies
WORKDIR /home/bun/app
COPY package.json bun.lock bunfig.toml ./
COPY client/package.json client/
# Left out: the SQLite driver for Node, and peers, which are types.
RUN bun install --frozen-lockfile --production --omit=optional --omit=peer

FROM oven/bun:1.4.5-slim
WORKDIR /home/bun/app
# A new volume takes over the owner of the folder that it is mounted on.
# Each database lives on a volume of its own; /market shows both as one data folder to the commands that need both.
RUN mkdir -p /data /keys /backups /market /volumes/catalog /volumes/order \
  && chown 1000:1000 /data /keys /backups /volumes/catalog /volumes/order \
  && for name in catalog order; do \
    ln -s "/volumes/$name/$name.db" "/volumes/$name/$name.lock" /market/; \
  done
COPY package.json LICENSE ./
COPY --from=dependencies /home/bun/app/node_modules node_modules
COPY db db
COPY books books
COPY services services
COPY cli cli
ENV NODE_ENV=production BUN_RUNTIME_TRANSPILER_CACHE_PATH=0
USER 1000:1000
ENTRYPOINT ["bun"]
CMD ["services/frontend/main.ts"]
