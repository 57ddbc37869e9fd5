# Any image with Python 3.11 or newer at python3 and its venv module will do.
ARG BASE=docker.io/library/python:3.12-slim

FROM ${BASE} AS build
WORKDIR /src
RUN python3 -m venv /opt/build && python3 -m venv --without-pip /opt/hedgewatch
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_COMPILE=1 PIP_ROOT_USER_ACTION=ignore
COPY requirements.lock requirements-build.lock ./
# A mirror is given as a secret and stays out of every layer: --secret id=pip.conf,src=$HOME/.config/pip/pip.conf
RUN --mount=type=secret,id=pip.conf,target=/etc/pip.conf \
    /opt/build/bin/python -m pip install --require-hashes -r requirements-build.lock \
 && /opt/build/bin/python -m pip --python /opt/hedgewatch/bin/python install --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY hedgewatch hedgewatch
COPY migrations migrations
COPY config config
# Bytecode is compiled here, for good: without it the import of ccxt alone takes 8 s, at every start of a read-only image.
RUN /opt/build/bin/python -m pip wheel --no-index --no-deps --no-build-isolation --wheel-dir /wheels . \
 && /opt/build/bin/python -m pip --python /opt/hedgewatch/bin/python install --no-index --no-deps /wheels/*.whl \
 && /opt/hedgewatch/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/hedgewatch/lib

FROM ${BASE}
RUN useradd --uid 10001 --user-group --no-log-init --no-create-home --home-dir /data --shell /usr/sbin/nologin hedgewatch \
 && install --directory --owner hedgewatch --group hedgewatch --mode 0750 /data
COPY --from=build /opt/hedgewatch /opt/hedgewatch
ENV PATH=/opt/hedgewatch/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8710
# A firing alert is the daemon's work, not its illness: only an old last cycle is.
HEALTHCHECK --interval=60s --timeout=20s --start-period=60s --retries=3 \
  CMD ["sh", "-c", "hedgewatch status --alive"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["hedgewatch"]
CMD ["run"]
