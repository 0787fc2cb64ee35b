# The container images of the functions: targets `serving` (LiteRT) and `tensorflow` (that, and what
# publishes models). The default command answers HTTP events; the others by command:
#
#   docker build --target serving .                     api.http_handler.handler
#   docker run IMAGE api.event_handler.handler          pictures that arrive in a bucket
#   docker run IMAGE training.publish_handler.handler   models dropped into a bucket; `tensorflow`
#
# BASE is any image whose entry point runs AWS's Lambda runtime client with the command as its
# handler, with Python 3.11 to 3.13 called python3. docs/packages.md says how it is checked.
ARG BASE=public.ecr.aws/lambda/python:3.13

FROM ${BASE} AS tools
WORKDIR /build
COPY requirements/package.lock requirements/
RUN python3 -m pip install --root-user-action ignore --no-cache-dir --no-deps --require-hashes \
      --only-binary :all: --target /tools --requirement requirements/package.lock
ENV PYTHONPATH=/tools PATH=/tools/bin:$PATH
COPY LICENSE pyproject.toml ./
COPY requirements requirements
COPY scripts scripts
COPY models models
COPY api api
COPY inference inference
COPY training training

# Our own files last, in a layer of their own: a change of ours does not move TensorFlow again.
FROM tools AS serving-files
RUN python3 -m scripts.package --kind serving --native --into /packages \
    && mkdir /own && mv /packages/api /packages/inference /packages/models \
      /packages/microlens-*.dist-info /own

FROM tools AS tensorflow-files
RUN python3 -m scripts.package --kind tensorflow --native --into /packages \
    && mkdir /own && mv /packages/api /packages/inference /packages/models /packages/training \
      /packages/microlens-*.dist-info /own

FROM ${BASE} AS place
ENV HOME=/tmp KERAS_HOME=/tmp/keras TF_CPP_MIN_LOG_LEVEL=2
WORKDIR /var/task

FROM place AS tensorflow
COPY --from=tensorflow-files /packages ./
COPY --from=tensorflow-files /own ./
CMD ["api.http_handler.handler"]
# Lambda takes a user of its own, who owns nothing, and so does everybody else from here on. A
# broken image, or one with a file that not everybody can read, does not get past the last step.
USER 65534:65534
RUN MICROLENS_RESULTS=/tmp/results python3 -c \
      "import api.http_handler, api.event_handler, training.publish_handler, tensorflow, tf_keras"

FROM place AS serving
COPY --from=serving-files /packages ./
COPY --from=serving-files /own ./
CMD ["api.http_handler.handler"]
USER 65534:65534
RUN MICROLENS_RESULTS=/tmp/results python3 -c "import api.http_handler, api.event_handler"
