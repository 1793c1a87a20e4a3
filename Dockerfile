# All Node processes in one image: docker build -t sandcell/node . ; a pod says which: node gateway/main.ts, filestore/main.ts, agent/main.ts, operator/main.ts.
# kernel-image/build/node_image.py packs the same without a container daemon, and is what our tests run; this was never run by us: we have none.

FROM node:24.21.0-trixie-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
# Node itself is the image's; npm brings one of its own for machines without.
RUN npm ci --no-audit --no-fund && rm -rf node_modules/node-linux-*

FROM packages AS cell
COPY tsconfig.json ./
COPY protocol protocol
COPY cell cell
RUN node cell/build.mjs

FROM packages AS running
RUN npm prune --omit=dev --no-audit --no-fund && rm -rf node_modules/node-linux-*

FROM node:24.21.0-trixie-slim
ENV NODE_ENV=production NODE_OPTIONS=--disable-warning=ExperimentalWarning
WORKDIR /app
COPY --from=running /app/node_modules node_modules
COPY package.json LICENSE ./
COPY protocol protocol
COPY service service
COPY database database
COPY gateway gateway
COPY filestore filestore
COPY agent agent
COPY operator operator
COPY --from=cell /app/cell/dist cell/dist
USER 2000:2000
CMD ["node", "gateway/main.ts"]
