# syntax=docker/dockerfile:1
# One image for every process of Tidemark: docker-compose.yml says which one runs.

FROM node:20.20.2-bookworm-slim AS dashboard
WORKDIR /build/dashboard
COPY dashboard/package.json dashboard/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY dashboard ./
RUN npm run build

FROM python:3.11.13-slim-bookworm AS packages
RUN python -m venv /opt/tidemark
ENV PATH=/opt/tidemark/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
COPY requirements.lock ./
RUN pip install --require-hashes --no-deps --requirement requirements.lock
COPY . ./
RUN pip install --no-deps ./client . && pip check

FROM python:3.11.13-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /var/lib/tidemark --create-home tidemark
COPY --from=packages /opt/tidemark /opt/tidemark
COPY --from=dashboard /build/dashboard/dist /srv/dashboard
ENV PATH=/opt/tidemark/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    TIDEMARK_STATE_DIR=/var/lib/tidemark/state \
    TIDEMARK_DASHBOARD_DIR=/srv/dashboard \
    TIDEMARK_LOG_FORMAT=json
USER tidemark
WORKDIR /var/lib/tidemark
# Every container has one of its own: workers don't share state.
VOLUME /var/lib/tidemark
ENTRYPOINT ["tidemark"]
CMD ["--help"]
