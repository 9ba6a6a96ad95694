# The service alone, without tests or tools. Redis is optional: set REDIS_URL (deploy/compose.yaml does).
FROM python:3.11-slim AS build
COPY requirements.txt .
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --disable-pip-version-check -r requirements.txt

FROM python:3.11-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 HOST=0.0.0.0 PORT=8000
WORKDIR /nabla
COPY --from=build /venv /venv
COPY service service
COPY deploy/gunicorn.conf.py deploy/
COPY openapi.yaml LICENSE ./
# bytecode is written now: at run time neither the user nor a read-only root may
RUN python -m compileall -q service
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s \
  CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/livez', timeout=4)"]
CMD ["gunicorn", "--config", "deploy/gunicorn.conf.py"]
