// Written by scripts/embed-openapi from openapi.yaml: change that and run it again.

/// The text of `openapi.yaml`, which the daemon serves.
enum OpenAPIDocument {
    /// The document, equal to the file byte for byte.
    static let text = ##"""
        openapi: 3.1.0
        info:
          title: Interleaved
          summary: Reads and continues sequences of text and pictures.
          description: |
            The HTTP interface of a daemon that serves one MM-Interleaved model (arXiv 2401.10208).

            Requests are strict: unknown fields, wrong types, `null` and values out of range are refused with 400 and the
            path of the field, so that no parameter is ever silently ignored. Answers echo the parameters that had a say.
            Bounds given here are the defaults of the daemon's configuration; an operator may have set others.

            Every response carries `x-request-id`: the request's own if it has 1 to 128 letters, digits, `-`, `_`, `.`
            or `:`, else a random one. `traceparent` is accepted and logged. Requests with a document need
            `Content-Type: application/json`; bodies in a content coding are refused.

            The same request and seed give the same words and the same bytes of pictures, streamed or not.
          version: "1.0"
          license:
            name: Apache-2.0
            identifier: Apache-2.0
        servers:
          - url: http://127.0.0.1:8080
            description: The daemon where it listens by default.
        security: []
        tags:
          - name: generation
            description: Continue, score.
          - name: tokens
            description: Text to token ids and back.
          - name: information
            description: What is served, and how it is doing.
        paths:
          /v1/interleave:
            post:
              tags: [generation]
              operationId: interleave
              summary: Continue a sequence of texts and pictures.
              description: |
                Requests are computed together; an answer does not depend on the others. What can never fit the server's
                memory is refused with 400, and a full queue with 429. A client that goes away cancels its request. With `stream` true, or an `Accept` of `text/event-stream` and no `stream` field, the answer comes
                event by event: each has a name (`event:`), and data with `type`, a `sequence_number` that counts from 0,
                and the members of its schema. Comments keep a silent stream alive. The last line is `data: [DONE]`. What
                goes wrong before the stream began is an ordinary error response; afterwards it is an `error` event and
                the end.
              requestBody:
                required: true
                content:
                  application/json:
                    schema: {$ref: "#/components/schemas/InterleaveRequest"}
                    examples:
                      words-and-pictures:
                        summary: Words and pictures in turn
                        value:
                          input:
                            - {type: text, text: "A red circle on the left."}
                          mode: interleave
                          max_segments: 2
                          text: {max_tokens: 8}
                          image: {steps: 2}
                          seed: 42
                      caption:
                        summary: Words about a picture
                        value:
                          input:
                            - type: image
                              image: "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"
                            - {type: text, text: "a photo of"}
                          mode: text
                          text: {max_tokens: 8, temperature: 0, stop: ["."]}
                      picture:
                        summary: One picture, streamed
                        value:
                          input:
                            - {type: text, text: "A house at the sea."}
                          mode: image
                          image: {steps: 2, preview_every: 1}
                          stream: true
              responses:
                "200":
                  description: The answer, whole or event by event.
                  headers:
                    x-request-id: {$ref: "#/components/headers/RequestID"}
                    server-timing: {$ref: "#/components/headers/ServerTiming"}
                  content:
                    application/json:
                      schema: {$ref: "#/components/schemas/InterleaveResponse"}
                    text/event-stream:
                      schema:
                        description: One event; the last has `[DONE]` for its data and no name of its own.
                        oneOf:
                          - type: object
                            required: [event, data]
                            properties:
                              event: {type: string, description: The event's `type`.}
                              data:
                                type: string
                                contentMediaType: application/json
                                contentSchema: {$ref: "#/components/schemas/InterleaveEvent"}
                          - type: object
                            required: [data]
                            properties:
                              event: {const: message, description: What parsers call an event without a name.}
                              data: {const: "[DONE]"}
                      example: |
                        event: interleave.created
                        data: {"type":"interleave.created","sequence_number":0,"id":"interleave-0f","object":"interleave","created":1760000000,"model":"nano","parameters":{"mode":"image","image":{"n":1,"steps":2,"guidance_scale":7.5,"scheduler":"ddpm","format":"png","preview_every":1},"seed":42,"timeout_ms":600000,"priority":"normal"}}

                        event: image.progress
                        data: {"type":"image.progress","sequence_number":2,"index":0,"picture":0,"step":1,"steps":2}

                        data: [DONE]
                "400": {$ref: "#/components/responses/BadRequest"}
                "404": {$ref: "#/components/responses/NotFound"}
                "405": {$ref: "#/components/responses/MethodNotAllowed"}
                "408": {$ref: "#/components/responses/RequestTimeout"}
                "413": {$ref: "#/components/responses/ContentTooLarge"}
                "415": {$ref: "#/components/responses/UnsupportedMediaType"}
                "422": {$ref: "#/components/responses/UnreadableImage"}
                "429": {$ref: "#/components/responses/QueueFull"}
                "431": {$ref: "#/components/responses/HeadTooLarge"}
                "500": {$ref: "#/components/responses/InternalError"}
                "503": {$ref: "#/components/responses/Unavailable"}
                "504": {$ref: "#/components/responses/DeadlineExceeded"}
          /v1/interleave/{id}:
            delete:
              tags: [generation]
              operationId: cancel
              summary: End a request that is running or waiting.
              description: |
                `id` is the `id` of the answer, which a stream tells in its first event and `/v1/engine` lists, or the
                `x-request-id` that the client gave its request; all requests that bear the same are ended. Each ends at
                its next token or denoising step with the error `cancelled`, unless its answer is complete by then.
                Never queued behind work.
              parameters:
                - name: id
                  in: path
                  required: true
                  schema: {type: string, minLength: 1}
                  example: interleave-0f
              responses:
                "200":
                  description: The requests were told to end.
                  headers:
                    x-request-id: {$ref: "#/components/headers/RequestID"}
                  content:
                    application/json:
                      schema:
                        type: object
                        required: [id, object, count]
                        properties:
                          id: {type: string}
                          object: {const: interleave.cancelled}
                          count: {type: integer, minimum: 1, description: Requests of this name.}
                "400": {$ref: "#/components/responses/BadRequest"}
                "404": {$ref: "#/components/responses/NotFound"}
                "405": {$ref: "#/components/responses/MethodNotAllowed"}
          /v1/score:
            post:
              tags: [generation]
              operationId: score
              summary: Log-probabilities of options after texts and pictures.
              requestBody:
                required: true
                content:
                  application/json:
                    schema: {$ref: "#/components/schemas/ScoreRequest"}
                    examples:
                      options:
                        value:
                          input:
                            - {type: text, text: "The circle is"}
                          options: [red, green, blue]
              responses:
                "200":
                  description: The scores, in the order of the options.
                  headers:
                    x-request-id: {$ref: "#/components/headers/RequestID"}
                  content:
                    application/json:
                      schema: {$ref: "#/components/schemas/ScoreResponse"}
                "400": {$ref: "#/components/responses/BadRequest"}
                "404": {$ref: "#/components/responses/NotFound"}
                "405": {$ref: "#/components/responses/MethodNotAllowed"}
                "408": {$ref: "#/components/responses/RequestTimeout"}
                "413": {$ref: "#/components/responses/ContentTooLarge"}
                "415": {$ref: "#/components/responses/UnsupportedMediaType"}
                "422": {$ref: "#/components/responses/UnreadableImage"}
                "429": {$ref: "#/components/responses/QueueFull"}
                "431": {$ref: "#/components/responses/HeadTooLarge"}
                "500": {$ref: "#/components/responses/InternalError"}
                "503": {$ref: "#/components/responses/Unavailable"}
                "504": {$ref: "#/components/responses/DeadlineExceeded"}
          /v1/tokenize:
            post:
              tags: [tokens]
              operationId: tokenize
              summary: Text to token ids.
              requestBody:
                required: true
                content:
                  application/json:
                    schema: {$ref: "#/components/schemas/TokenizeRequest"}
                    examples:
                      text:
                        value: {text: "A red circle.", add_bos: true}
              responses:
                "200":
                  description: The tokens.
                  headers:
                    x-request-id: {$ref: "#/components/headers/RequestID"}
                  content:
                    application/json:
                      schema: {$ref: "#/components/schemas/TokenizeResponse"}
                "400": {$ref: "#/components/responses/BadRequest"}
                "404": {$ref: "#/components/responses/NotFound"}
                "405": {$ref: "#/components/responses/MethodNotAllowed"}
                "408": {$ref: "#/components/responses/RequestTimeout"}
                "413": {$ref: "#/components/responses/ContentTooLarge"}
                "415": {$ref: "#/components/responses/UnsupportedMediaType"}
                "431": {$ref: "#/components/responses/HeadTooLarge"}
                "500": {$ref: "#/components/responses/InternalError"}
                "503": {$ref: "#/components/responses/Unavailable"}
          /v1/detokenize:
            post:
              tags: [tokens]
              operationId: detokenize
              summary: Token ids to text.
              requestBody:
                required: true
                content:
                  application/json:
                    schema: {$ref: "#/components/schemas/DetokenizeRequest"}
                    examples:
                      tokens:
                        value: {tokens: [1, 260, 261]}
              responses:
                "200":
                  description: The text; bytes that are no UTF-8 are U+FFFD.
                  headers:
                    x-request-id: {$ref: "#/components/headers/RequestID"}
                  content:
                    application/json:
                      schema: {$ref: "#/components/schemas/DetokenizeResponse"}
                "400": {$ref: "#/components/responses/BadRequest"}
                "404": {$ref: "#/components/responses/NotFound"}
                "405": {$ref: "#/components/responses/MethodNotAllowed"}
                "408": {$ref: "#/components/responses/RequestTimeout"}
                "413": {$ref: "#/components/responses/ContentTooLarge"}
                "415": {$ref: "#/components/responses/UnsupportedMediaType"}
                "431": {$ref: "#/components/responses/HeadTooLarge"}
                "500": {$ref: "#/components/responses/InternalError"}
                "503": {$ref: "#/components/responses/Unavailable"}
          /v1/models:
            get:
              tags: [information]
              operationId: listModels
              summary: The model that is served, as a list.
              responses:
                "200":
                  description: A list of one.
                  headers:
                    x-request-id: {$ref: "#/components/headers/RequestID"}
                  content:
                    application/json:
                      schema:
                        type: object
                        required: [object, data]
                        properties:
                          object: {const: list}
                          data:
                            type: array
                            items: {$ref: "#/components/schemas/Model"}
                "405": {$ref: "#/components/responses/MethodNotAllowed"}
                "503": {$ref: "#/components/responses/Unavailable"}
          /v1/models/{id}:
            get:
              tags: [information]
              operationId: getModel
              summary: The model that is served.
              parameters:
                - name: id
                  in: path
                  required: true
                  schema: {type: string, minLength: 1}
                  example: nano
              responses:
                "200":
                  description: The model.
                  headers:
                    x-request-id: {$ref: "#/components/headers/RequestID"}
                  content:
                    application/json:
                      schema: {$ref: "#/components/schemas/Model"}
                "400": {$ref: "#/components/responses/BadRequest"}
                "404": {$ref: "#/components/responses/NotFound"}
                "405": {$ref: "#/components/responses/MethodNotAllowed"}
                "503": {$ref: "#/components/responses/Unavailable"}
          /v1/engine:
            get:
              tags: [information]
              operationId: engine
              summary: What the engine is doing at this moment.
              description: Running and waiting requests, shared memory, the last batches. Never queued behind work.
              responses:
                "200":
                  description: The engine.
                  headers:
                    x-request-id: {$ref: "#/components/headers/RequestID"}
                  content:
                    application/json:
                      schema: {$ref: "#/components/schemas/Engine"}
                "405": {$ref: "#/components/responses/MethodNotAllowed"}
                "503": {$ref: "#/components/responses/Unavailable"}
          /metrics:
            get:
              tags: [information]
              operationId: metrics
              summary: Counters and times for Prometheus.
              description: |
                Text format 0.0.4. Names begin with `interleaved_` and follow vLLM's where both measure the same; labels
                have a fixed set of values. There from the start of the process, never queued behind work.
              responses:
                "200":
                  description: All families.
                  headers:
                    x-request-id: {$ref: "#/components/headers/RequestID"}
                  content:
                    text/plain:
                      schema: {type: string}
                      example: |
                        # HELP interleaved_num_requests_running Requests that are being computed.
                        # TYPE interleaved_num_requests_running gauge
                        interleaved_num_requests_running 1
                "405": {$ref: "#/components/responses/MethodNotAllowed"}
          /livez:
            get:
              tags: [information]
              operationId: live
              summary: Whether the process deserves to live on.
              responses:
                "200":
                  description: The engine makes progress or is idle, or the model is still being loaded.
                  content:
                    application/json:
                      schema: {$ref: "#/components/schemas/Liveness"}
                "405": {$ref: "#/components/responses/MethodNotAllowed"}
                "503":
                  description: The engine is busy and has been getting nowhere for longer than `stuck_after`.
                  content:
                    application/json:
                      schema: {$ref: "#/components/schemas/Liveness"}
                      example: {status: stuck, seconds_since_progress: 312.5}
          /readyz:
            get:
              tags: [information]
              operationId: ready
              summary: Whether requests would be answered.
              responses: &readiness
                "200":
                  description: Ready.
                  content:
                    application/json:
                      schema: {$ref: "#/components/schemas/Readiness"}
                      example: {status: ready, running: 1, waiting: 0}
                "405": {$ref: "#/components/responses/MethodNotAllowed"}
                "503":
                  description: The model is being loaded, or the daemon is about to stop.
                  content:
                    application/json:
                      schema: {$ref: "#/components/schemas/Readiness"}
                      example: {status: loading, progress: 0.42}
          /health:
            get:
              tags: [information]
              operationId: health
              summary: The same as `/readyz`.
              responses: *readiness
          /openapi.yaml:
            get:
              tags: [information]
              operationId: openapi
              summary: This document.
              responses:
                "200":
                  description: OpenAPI 3.1 in YAML.
                  content:
                    application/yaml:
                      schema: {type: object}
                "405": {$ref: "#/components/responses/MethodNotAllowed"}
        components:
          headers:
            RequestID:
              description: Name of this request in the log.
              schema: {type: string, minLength: 1, maxLength: 128}
            ServerTiming:
              description: Milliseconds per stage, as in `timings`; not on streams.
              schema: {type: string}
            RetryAfter:
              description: Whole seconds after which to try again.
              schema: {type: string, pattern: "^[0-9]+$"}
            RetryAfterMS:
              description: Milliseconds after which to try again.
              schema: {type: string, pattern: "^[0-9]+$"}
            Allow:
              description: The methods that there are.
              schema: {type: string}
          responses:
            BadRequest:
              description: |
                Malformed HTTP (`bad_request`), malformed JSON (`malformed_json`), or a field that cannot be used:
                `missing_field`, `unknown_field`, `invalid_value`, `context_length_exceeded`; `param` is its path.
              content:
                application/json:
                  schema: {$ref: "#/components/schemas/Error"}
                  example:
                    error:
                      message: text.top_p must be between 0.0 and 1.0, not 1.5
                      type: invalid_request_error
                      param: text.top_p
                      code: invalid_value
            NotFound:
              description: |
                No such path (`not_found`), a model that is not served (`model_not_found`), or a request that is neither
                running nor waiting (`request_not_found`).
              content:
                application/json:
                  schema: {$ref: "#/components/schemas/Error"}
                  example:
                    error: {message: there is nothing at this path, type: not_found_error, param: null, code: not_found}
            MethodNotAllowed:
              description: The path takes other methods.
              headers:
                allow: {$ref: "#/components/headers/Allow"}
              content:
                application/json:
                  schema: {$ref: "#/components/schemas/Error"}
                  example:
                    error: {message: this path takes POST, type: invalid_request_error, param: null, code: method_not_allowed}
            RequestTimeout:
              description: The head or the body came too slowly; the connection is closed.
              content:
                application/json:
                  schema: {$ref: "#/components/schemas/Error"}
                  example:
                    error: {message: The body came too slowly., type: invalid_request_error, param: null, code: request_timeout}
            ContentTooLarge:
              description: The body is larger than `max_body_bytes`.
              content:
                application/json:
                  schema: {$ref: "#/components/schemas/Error"}
                  example:
                    error:
                      message: The body is larger than 67108864 bytes.
                      type: invalid_request_error
                      param: null
                      code: content_too_large
            UnsupportedMediaType:
              description: The body is not said to be plain JSON in UTF-8.
              content:
                application/json:
                  schema: {$ref: "#/components/schemas/Error"}
                  example:
                    error:
                      message: Content-Type must be application/json (in UTF-8)
                      type: invalid_request_error
                      param: content-type
                      code: unsupported_media_type
            UnreadableImage:
              description: A picture is no JPEG, PNG or WebP, is damaged, or has too many pixels.
              content:
                application/json:
                  schema: {$ref: "#/components/schemas/Error"}
                  example:
                    error:
                      message: "input[1].image: png: 60000 x 60000 = 3600000000 pixels, at most 40000000 are allowed"
                      type: invalid_request_error
                      param: input[1].image
                      code: unreadable_image
            QueueFull:
              description: As many requests wait as may.
              headers:
                retry-after: {$ref: "#/components/headers/RetryAfter"}
                retry-after-ms: {$ref: "#/components/headers/RetryAfterMS"}
              content:
                application/json:
                  schema: {$ref: "#/components/schemas/Error"}
                  example:
                    error:
                      message: 32 requests wait already, at most 32 may
                      type: rate_limit_error
                      param: null
                      code: queue_full
            HeadTooLarge:
              description: The header fields are larger or more than allowed; the connection is closed.
              content:
                application/json:
                  schema: {$ref: "#/components/schemas/Error"}
                  example:
                    error:
                      message: The header fields are larger than 16384 bytes.
                      type: invalid_request_error
                      param: null
                      code: request_header_fields_too_large
            InternalError:
              description: A fault of the daemon; its log has more under the request id.
              content:
                application/json:
                  schema: {$ref: "#/components/schemas/Error"}
                  example:
                    error:
                      message: something went wrong inside; the log has it by request id
                      type: server_error
                      param: null
                      code: internal_error
            Unavailable:
              description: The model is being loaded (`loading`), or the daemon is about to stop (`draining`, `cancelled`).
              headers:
                retry-after: {$ref: "#/components/headers/RetryAfter"}
                retry-after-ms: {$ref: "#/components/headers/RetryAfterMS"}
              content:
                application/json:
                  schema: {$ref: "#/components/schemas/Error"}
                  example:
                    error:
                      message: the model is being loaded, 42 % are done
                      type: server_error
                      param: null
                      code: loading
            DeadlineExceeded:
              description: The request's time was over before its answer was complete.
              content:
                application/json:
                  schema: {$ref: "#/components/schemas/Error"}
                  example:
                    error:
                      message: "timeout_ms: not done within 50 ms; it was being computed until then"
                      type: server_error
                      param: timeout_ms
                      code: deadline_exceeded
          schemas:
            Input:
              description: Texts and pictures in order. How many fit depends on the model's `context_length`.
              type: array
              minItems: 1
              maxItems: 256
              items:
                oneOf:
                  - {$ref: "#/components/schemas/TextPart"}
                  - {$ref: "#/components/schemas/ImagePart"}
            TextPart:
              type: object
              additionalProperties: false
              required: [type, text]
              properties:
                type: {const: text}
                text: {type: string, description: At most 1 MiB of UTF-8.}
            ImagePart:
              type: object
              additionalProperties: false
              required: [type, image]
              properties:
                type: {const: image}
                image:
                  type: string
                  minLength: 1
                  description: |
                    A JPEG, PNG or WebP file in base64 (RFC 4648 section 4, with padding), bare or as a data URL. No
                    address is fetched. Which format it is, the bytes tell.
            Name:
              description: Name of the model; must be the one that is served.
              type: string
            Timeout:
              description: Longest time from arrival to the last byte of the answer, in milliseconds; by default 600000.
              type: integer
              minimum: 1
              maximum: 3600000
            User:
              description: Accepted for compatibility; at most 256 bytes.
              type: string
            InterleaveRequest:
              type: object
              additionalProperties: false
              required: [input]
              properties:
                model: {$ref: "#/components/schemas/Name"}
                input: {$ref: "#/components/schemas/Input"}
                mode:
                  description: |
                    `text`: words only. `image`: one picture (or `image.n` of the same context). `interleave`: words and
                    pictures in turn until the model ends or `max_segments` is reached; the model opens pictures itself.
                    A text that reaches `max_tokens` ends the answer with `finish_reason` `length`.
                  type: string
                  enum: [text, image, interleave]
                  default: interleave
                force:
                  description: What an answer in mode `interleave` begins with; only there.
                  type: string
                  enum: [text, image]
                max_segments:
                  type: integer
                  minimum: 1
                  maximum: 32
                  default: 4
                text: {$ref: "#/components/schemas/TextSettings"}
                image: {$ref: "#/components/schemas/ImageSettings"}
                seed:
                  description: Seed of all random numbers; without one a random seed below 2^53 is taken and echoed.
                  type: integer
                  minimum: 0
                  maximum: 9223372036854775807
                stream: {type: boolean}
                priority:
                  description: How much of the machine the request gets while others compete with it.
                  type: string
                  enum: [low, normal, high]
                  default: normal
                timeout_ms: {$ref: "#/components/schemas/Timeout"}
                user: {$ref: "#/components/schemas/User"}
            TextSettings:
              description: How words are generated. Defaults are the model's, see `/v1/models`.
              type: object
              additionalProperties: false
              properties:
                max_tokens: {type: integer, minimum: 1, maximum: 4096}
                min_tokens: {type: integer, minimum: 0, maximum: 4096, description: At most `max_tokens`.}
                temperature: {type: number, minimum: 0, maximum: 10, description: 0 takes the most likely token.}
                top_p: {type: number, minimum: 0, maximum: 1}
                top_k: {type: integer, minimum: 0, maximum: 4194304, description: 0 keeps all tokens.}
                min_p: {type: number, minimum: 0, maximum: 1, default: 0}
                repetition_penalty: {type: number, minimum: 0.01, maximum: 100}
                num_beams:
                  description: Above 1, beam search instead of sampling; temperature, top_p, top_k and min_p have no say then.
                  type: integer
                  minimum: 1
                  maximum: 8
                  default: 1
                length_penalty: {type: number, minimum: -10, maximum: 10, default: 1, description: For beam search.}
                n:
                  description: Texts of the same context; above 1 only in mode `text`, and at most `num_beams` if that is above 1.
                  type: integer
                  minimum: 1
                  maximum: 8
                  default: 1
                stop:
                  description: Texts before which generation ends.
                  oneOf:
                    - {$ref: "#/components/schemas/Stop"}
                    - type: array
                      maxItems: 16
                      items: {$ref: "#/components/schemas/Stop"}
                logprobs: {type: boolean, default: false, description: Not with `num_beams` above 1.}
                top_logprobs: {type: integer, minimum: 0, maximum: 20, description: Above 0 only with `logprobs` true.}
            Stop:
              type: string
              minLength: 1
              description: At most 256 bytes.
            ImageSettings:
              description: How pictures are drawn. Defaults are the model's, see `/v1/models`.
              type: object
              additionalProperties: false
              properties:
                n: {type: integer, minimum: 1, maximum: 8, default: 1, description: Pictures of the same context.}
                steps: {type: integer, minimum: 1, maximum: 1000, description: The model's noise schedule may allow fewer.}
                guidance_scale: {type: number, minimum: 0, maximum: 100, description: 1 or less draws without guidance.}
                scheduler: {$ref: "#/components/schemas/Scheduler"}
                format: {$ref: "#/components/schemas/Format"}
                preview_every: {type: integer, minimum: 0, maximum: 1000, default: 0, description: Steps between `image.partial` events.}
            Scheduler:
              type: string
              enum: [ddpm, ddim, euler, dpmpp-2m]
            Format:
              type: string
              enum: [png, jpeg, webp]
              default: png
            FinishReason:
              description: "`stop`: the model ended, or a stop text came. `length`: a limit was reached. `image`: a picture follows."
              type: string
              enum: [stop, length, image]
            InterleaveResponse:
              type: object
              required: [id, object, created, model, segments, finish_reason, usage, timings, parameters]
              properties:
                id: {type: string}
                object: {const: interleave}
                created: {type: integer, description: Seconds since 1970.}
                model: {type: string}
                segments:
                  type: array
                  items: {$ref: "#/components/schemas/Segment"}
                finish_reason: {$ref: "#/components/schemas/FinishReason"}
                usage: {$ref: "#/components/schemas/Usage"}
                timings: {$ref: "#/components/schemas/Timings"}
                parameters: {$ref: "#/components/schemas/Parameters"}
            Segment:
              oneOf:
                - {$ref: "#/components/schemas/TextSegment"}
                - {$ref: "#/components/schemas/TextsSegment"}
                - {$ref: "#/components/schemas/ImageSegment"}
                - {$ref: "#/components/schemas/ImagesSegment"}
            TextSegment:
              type: object
              required: [index, type, text, finish_reason]
              properties:
                index: {type: integer}
                type: {const: text}
                text: {type: string}
                finish_reason: {$ref: "#/components/schemas/FinishReason"}
                logprobs:
                  type: array
                  items: {$ref: "#/components/schemas/TokenLogProbability"}
            TextsSegment:
              description: With `text.n` above 1.
              type: object
              required: [index, type, texts]
              properties:
                index: {type: integer}
                type: {const: text}
                texts:
                  type: array
                  items:
                    type: object
                    required: [text, finish_reason]
                    properties:
                      text: {type: string}
                      finish_reason: {$ref: "#/components/schemas/FinishReason"}
                      logprobs:
                        type: array
                        items: {$ref: "#/components/schemas/TokenLogProbability"}
            TokenLogProbability:
              type: object
              required: [token, id, logprob, top_logprobs]
              properties:
                token: {type: string, description: "The piece; U+2581 stands for a space."}
                id: {type: integer}
                logprob: {type: number}
                top_logprobs:
                  type: array
                  items:
                    type: object
                    required: [token, id, logprob]
                    properties:
                      token: {type: string}
                      id: {type: integer}
                      logprob: {type: number}
            ImageSegment:
              allOf:
                - type: object
                  required: [index, type]
                  properties:
                    index: {type: integer}
                    type: {const: image}
                - {$ref: "#/components/schemas/Picture"}
            ImagesSegment:
              description: With `image.n` above 1.
              type: object
              required: [index, type, images]
              properties:
                index: {type: integer}
                type: {const: image}
                images:
                  type: array
                  items: {$ref: "#/components/schemas/Picture"}
            Picture:
              type: object
              required: [image, media_type, width, height, sha256, seed]
              properties:
                image: {type: string, description: A data URL; PNG files carry the parameters in a text chunk.}
                media_type: {type: string, enum: [image/png, image/jpeg, image/webp]}
                width: {type: integer}
                height: {type: integer}
                sha256: {type: string, pattern: "^[0-9a-f]{64}$", description: Of the file's bytes.}
                seed: {type: integer}
            Usage:
              type: object
              required: [prompt_tokens, completion_tokens, total_tokens, computed_tokens, cached_tokens, input_images, output_images, encoded_images, denoising_steps]
              properties:
                prompt_tokens: {type: integer, description: Positions of the input, those of pictures included.}
                completion_tokens: {type: integer}
                total_tokens: {type: integer}
                computed_tokens: {type: integer}
                cached_tokens: {type: integer, description: Positions found computed by earlier requests.}
                input_images: {type: integer}
                output_images: {type: integer}
                encoded_images: {type: integer}
                denoising_steps: {type: integer}
            Timings:
              description: Milliseconds.
              type: object
              required: [queue_ms, decode_ms, encode_ms, prefill_ms, generate_ms, denoise_ms, render_ms, total_ms]
              properties:
                queue_ms: {type: number}
                decode_ms: {type: number, description: Picture files to pixels.}
                encode_ms: {type: number, description: Pixels to features.}
                prefill_ms: {type: number}
                generate_ms: {type: number}
                denoise_ms: {type: number}
                render_ms: {type: number, description: Latents to pixels.}
                total_ms: {type: number}
            Parameters:
              description: The parameters that had a say in the answer.
              type: object
              required: [mode, seed, timeout_ms, priority]
              properties:
                mode: {type: string, enum: [text, image, interleave]}
                force: {type: string, enum: [text, image]}
                max_segments: {type: integer}
                text: {type: object}
                image: {type: object}
                seed: {type: integer}
                timeout_ms: {type: integer}
                priority: {type: string, enum: [low, normal, high]}
            InterleaveEvent:
              description: The data of one event of a stream; `type` is also the event's name.
              oneOf:
                - allOf:
                    - {$ref: "#/components/schemas/Event"}
                    - type: object
                      required: [id, object, created, model, parameters]
                      properties:
                        type: {const: interleave.created}
                        id: {type: string}
                        object: {const: interleave}
                        created: {type: integer}
                        model: {type: string}
                        parameters: {$ref: "#/components/schemas/Parameters"}
                - allOf:
                    - {$ref: "#/components/schemas/Event"}
                    - type: object
                      required: [index, segment]
                      properties:
                        type: {const: segment.started}
                        index: {type: integer}
                        segment:
                          type: object
                          required: [index, type]
                          properties:
                            index: {type: integer}
                            type: {type: string, enum: [text, image]}
                - allOf:
                    - {$ref: "#/components/schemas/Event"}
                    - type: object
                      description: More words; not for beam search and `text.n` above 1, whose words come with `segment.done`.
                      required: [index, text]
                      properties:
                        type: {const: text.delta}
                        index: {type: integer}
                        text: {type: string}
                - allOf:
                    - {$ref: "#/components/schemas/Event"}
                    - type: object
                      description: A denoising step was taken; `picture` counts the pictures of the segment from 0.
                      required: [index, picture, step, steps]
                      properties:
                        type: {const: image.progress}
                        index: {type: integer}
                        picture: {type: integer}
                        step: {type: integer}
                        steps: {type: integer}
                - allOf:
                    - {$ref: "#/components/schemas/Event"}
                    - type: object
                      description: What a picture looks like so far, as a data URL; every `preview_every` steps.
                      required: [index, picture, step, image]
                      properties:
                        type: {const: image.partial}
                        index: {type: integer}
                        picture: {type: integer}
                        step: {type: integer}
                        image: {type: string}
                - allOf:
                    - {$ref: "#/components/schemas/Event"}
                    - type: object
                      required: [index, segment]
                      properties:
                        type: {const: segment.done}
                        index: {type: integer}
                        segment: {$ref: "#/components/schemas/Segment"}
                - allOf:
                    - {$ref: "#/components/schemas/Event"}
                    - type: object
                      required: [id, finish_reason, usage, timings]
                      properties:
                        type: {const: interleave.completed}
                        id: {type: string}
                        finish_reason: {$ref: "#/components/schemas/FinishReason"}
                        usage: {$ref: "#/components/schemas/Usage"}
                        timings: {$ref: "#/components/schemas/Timings"}
                - allOf:
                    - {$ref: "#/components/schemas/Event"}
                    - type: object
                      required: [error]
                      properties:
                        type: {const: error}
                        error: {$ref: "#/components/schemas/ErrorDescription"}
            Event:
              type: object
              required: [type, sequence_number]
              properties:
                type: {type: string}
                sequence_number: {type: integer, minimum: 0}
            ScoreRequest:
              type: object
              additionalProperties: false
              required: [input, options]
              properties:
                model: {$ref: "#/components/schemas/Name"}
                input: {$ref: "#/components/schemas/Input"}
                options:
                  type: array
                  minItems: 1
                  maxItems: 256
                  items: {type: string, minLength: 1}
                timeout_ms: {$ref: "#/components/schemas/Timeout"}
                user: {$ref: "#/components/schemas/User"}
            ScoreResponse:
              type: object
              required: [id, object, created, model, scores, best, usage]
              properties:
                id: {type: string}
                object: {const: score}
                created: {type: integer}
                model: {type: string}
                scores:
                  type: array
                  items:
                    type: object
                    required: [index, option, logprob, token_logprobs, tokens]
                    properties:
                      index: {type: integer}
                      option: {type: string}
                      logprob: {type: number, description: Sum over the option's tokens.}
                      token_logprobs:
                        type: array
                        items: {type: number}
                      tokens:
                        type: array
                        items: {type: integer}
                best: {type: integer, description: Index of the option with the largest sum.}
                usage:
                  type: object
                  required: [prompt_tokens, option_tokens]
                  properties:
                    prompt_tokens: {type: integer}
                    option_tokens: {type: integer}
            TokenizeRequest:
              type: object
              additionalProperties: false
              required: [text]
              properties:
                model: {$ref: "#/components/schemas/Name"}
                text: {type: string, description: At most 1 MiB of UTF-8.}
                add_bos: {type: boolean, default: false, description: Whether the begin-of-sequence token comes first.}
                parse_special: {type: boolean, default: false, description: Whether special tokens spelled out in the text mean the tokens.}
            TokenizeResponse:
              type: object
              required: [model, count, tokens, pieces]
              properties:
                model: {type: string}
                count: {type: integer}
                tokens:
                  type: array
                  items: {type: integer}
                pieces:
                  type: array
                  items: {type: string}
            DetokenizeRequest:
              type: object
              additionalProperties: false
              required: [tokens]
              properties:
                model: {$ref: "#/components/schemas/Name"}
                tokens:
                  type: array
                  items: {type: integer, minimum: 0, description: "An id of the vocabulary, those of the two picture tokens included."}
                skip_special: {type: boolean, default: true, description: Whether special tokens are left out.}
            DetokenizeResponse:
              type: object
              required: [model, text]
              properties:
                model: {type: string}
                text: {type: string}
            Model:
              type: object
              required: [id, object, created, owned_by, context_length, tokens_per_image, defaults]
              properties:
                id: {type: string}
                object: {const: model}
                created: {type: integer}
                owned_by: {type: string}
                context_length: {type: integer, description: Positions of a sequence.}
                tokens_per_image: {type: integer, description: Positions of a picture.}
                defaults:
                  type: object
                  required: [text, image]
                  properties:
                    text: {type: object}
                    image: {type: object}
            Engine:
              description: Times are milliseconds.
              type: object
              required: [object, model, status, running_count, waiting_count, since_progress_ms, running, waiting, pools, steps, costs, simulation_costs]
              properties:
                object: {const: engine}
                model: {type: string}
                status: {type: string, enum: [ready, draining]}
                running_count: {type: integer, minimum: 0}
                waiting_count: {type: integer, minimum: 0}
                since_progress_ms: {type: [number, "null"], description: "Since the engine last got anywhere; null when idle."}
                running:
                  type: array
                  items: {$ref: "#/components/schemas/EngineRequest"}
                waiting:
                  type: array
                  items: {$ref: "#/components/schemas/EngineRequest"}
                pools:
                  description: Memory of a bounded size that requests share.
                  type: array
                  items:
                    type: object
                    required: [name, used_blocks, cached_blocks, capacity_blocks, block_bytes, used_bytes, cached_bytes, capacity_bytes]
                    properties:
                      name: {type: string}
                      used_blocks: {type: integer, description: Held by requests.}
                      cached_blocks: {type: integer, description: "Held by none, kept because they may be asked for again."}
                      capacity_blocks: {type: integer, description: 0 where the pool is bounded in bytes alone.}
                      block_bytes: {type: integer, description: 0 where blocks have different sizes.}
                      used_bytes: {type: integer}
                      cached_bytes: {type: integer}
                      capacity_bytes: {type: integer}
                steps:
                  description: The last batches, oldest first.
                  type: array
                  maxItems: 32
                  items:
                    type: object
                    required: [stage, items, duration_ms, ended_ms_ago]
                    properties:
                      stage: {$ref: "#/components/schemas/Stage"}
                      items: {type: integer, description: "Pictures, or positions of sequences."}
                      duration_ms: {type: number}
                      ended_ms_ago: {type: number}
                costs:
                  description: What batches are expected to cost.
                  type: array
                  items:
                    type: object
                    required: [stage, fixed_ms, per_item_ms]
                    properties:
                      stage: {$ref: "#/components/schemas/Stage"}
                      fixed_ms: {type: number}
                      per_item_ms: {type: number}
                simulation_costs:
                  description: |
                    What batches have cost since the start, fitted by least squares, in microseconds; the document that
                    `interleaved simulate --costs` reads. Stages that have not run yet have built-in values.
                  type: object
                  required: [encode, language, denoise, render, requestOverhead]
                  properties:
                    encode: {$ref: "#/components/schemas/StageCost"}
                    language:
                      type: object
                      required: [fixed, perRow, perAttendedPosition]
                      properties:
                        fixed: {type: number}
                        perRow: {type: number}
                        perAttendedPosition: {type: number}
                    denoise: {$ref: "#/components/schemas/StageCost"}
                    render: {$ref: "#/components/schemas/StageCost"}
                    requestOverhead: {type: number, description: From admission until the input is ready.}
            StageCost:
              type: object
              required: [fixed, perUnit]
              properties:
                fixed: {type: number}
                perUnit: {type: number}
            Stage:
              type: string
              enum: [encode, language, denoise, render]
            EngineRequest:
              type: object
              required: [id, request_id, mode, priority, stage, age_ms, computed_tokens, total_tokens, drawings]
              properties:
                id: {type: string, description: The `id` of its answer.}
                request_id: {type: string, description: Its `x-request-id`.}
                mode: {type: string, enum: [text, image, interleave, score]}
                priority: {type: string, enum: [low, normal, high]}
                stage: {type: string, enum: [waiting, encode, language, denoise, render]}
                age_ms: {type: number}
                computed_tokens: {type: integer, description: Positions that are computed; 0 where unknown.}
                total_tokens: {type: integer, description: Positions of its sequences; 0 where unknown.}
                drawings:
                  description: Pictures in the making.
                  type: array
                  items:
                    type: object
                    required: [step, steps]
                    properties:
                      step: {type: integer}
                      steps: {type: integer}
            Liveness:
              type: object
              required: [status]
              properties:
                status: {type: string, enum: [ok, stuck]}
                seconds_since_progress: {type: number}
            Readiness:
              type: object
              required: [status]
              properties:
                status: {type: string, enum: [ready, loading, draining]}
                progress: {type: number, minimum: 0, maximum: 1, description: While loading.}
                running: {type: integer}
                waiting: {type: integer}
            Error:
              type: object
              required: [error]
              properties:
                error: {$ref: "#/components/schemas/ErrorDescription"}
            ErrorDescription:
              type: object
              required: [message, type, param, code]
              properties:
                message: {type: string}
                type:
                  type: string
                  enum: [invalid_request_error, not_found_error, rate_limit_error, authentication_error, server_error]
                param: {type: [string, "null"], description: Path of the field or name of the header at fault.}
                code: {type: string}

        """##
}
