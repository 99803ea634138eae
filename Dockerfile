# The controller and the command line in one image. Two stages: what only builds stays behind.
ARG PYTHON=3.11
FROM python:${PYTHON}-slim AS build
WORKDIR /src
COPY constraints.txt pyproject.toml README.md ./
COPY analysis analysis
COPY strategies strategies
COPY canary canary
COPY migrations migrations
RUN python -m venv /opt/canary \
 && /opt/canary/bin/pip install --no-cache-dir --disable-pip-version-check -c constraints.txt '.[postgres]' \
 && /opt/canary/bin/pip uninstall --yes pip

FROM python:${PYTHON}-slim
COPY --from=build /opt/canary /opt/canary
ENV PATH=/opt/canary/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
# The number that `canary install` writes into the Deployment: no name is needed, and no home.
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["canary"]
CMD ["controller"]
