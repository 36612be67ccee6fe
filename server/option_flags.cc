#include "server/option_flags.h"

namespace cellar {
namespace {

void AddListenFlags(Options& options, Flags& flags) {
  flags.BeginGroup("Where it listens, and what it tells");
  flags.List("--listen", options.server.listen,
             "Where to listen: host:port (port 0: any) or unix:/path; may be repeated.");
  flags.Text("--port-file", options.port_file,
             "File to write the bound addresses to, one a line, once calls are answered.");
  flags.Level("--log-level", options.log_level,
              "What goes to standard error: none, error, warning, info, or debug, which has every "
              "failed call.");
  flags.Address(
      "--metrics-address", options.metrics_address,
      "Where /metrics, /readyz and /livez are answered, over HTTP: host:port (port 0: any). "
      "Nowhere by default.");
  flags.Switch("--channelz", options.server.channelz,
               "Answer grpc.channelz, which tells of connections and peers: to admins if there are "
               "--identities, else to anyone.");
}

void AddIdentityFlags(Options& options, Flags& flags) {
  flags.BeginGroup("Who may call");
  flags.Text("--identities", options.identities_path,
             "File of tokens and certificates that may call, with tenants and roles; read again "
             "when it changes. Without it everybody may do everything.");
  flags.Text("--tls-cert", options.server.tls.certificate_path,
             "PEM file of the server's certificate chain: TLS on every address but unix sockets.");
  flags.Text("--tls-key", options.server.tls.key_path,
             "PEM file of the certificate's private key.");
  flags.Text("--tls-client-ca", options.server.tls.client_ca_path,
             "PEM file of what client certificates must be signed with. Without --identities a "
             "certificate is required, and enough.");
  flags.Duration("--tls-refresh-interval", options.server.tls.refresh_interval,
                 "How often the three files are looked at for a change.");
  flags.Switch("--allow-insecure", options.allow_insecure,
               "Listen beyond this machine though there is no TLS, or nobody is asked who they "
               "are.");
}

void AddStoreFlags(Options& options, Flags& flags) {
  flags.BeginGroup("What survives a restart");
  flags.Text("--data-dir", options.data_dir,
             "Folder to keep models, exercises and sessions in, so that they survive a restart. "
             "Without it everything is in memory only.");
  flags.Count("--checkpoint-steps", options.keeping.checkpoint_steps,
              "Steps after which a session of durability PERIODIC is written.");
  flags.Duration("--checkpoint-interval", options.keeping.checkpoint_interval,
                 "How often sessions of durability PERIODIC with new steps are written.");
  flags.Duration("--sleep-after", options.sessions.sleep_after,
                 "Unused time after which a session leaves memory for the store; its next use "
                 "brings it back. Earlier if --max-session-bytes is nearly reached.");
}

void AddSessionFlags(Options& options, Flags& flags) {
  flags.BeginGroup("Sessions");
  flags.Duration("--default-ttl", options.api.default_ttl,
                 "How long a session lives unused unless its creator says otherwise.");
  flags.Duration("--max-ttl", options.api.max_ttl, "Longest ttl that may be asked for.");
  flags.Count("--max-sessions", options.sessions.max_sessions,
              "Sessions held at once, in memory and in the store.");
  flags.Count("--max-sessions-per-tenant", options.sessions.max_sessions_per_tenant,
              "The same of one tenant; 0: as many as of all.");
  flags.Bytes(
      "--max-session-bytes", options.sessions.max_bytes,
      "Bytes of states, replay windows and inputs of all sessions in memory together; those "
      "that sleep in the store do not count.");
  flags.Bytes("--max-session-bytes-per-tenant", options.sessions.max_bytes_per_tenant,
              "The same of one tenant; 0: as many as of all.");
  flags.Duration("--tombstone-retention", options.sessions.tombstone_retention,
                 "How long the end of a session is remembered.");
  flags.Count("--max-tombstones", options.sessions.max_tombstones,
              "Ends of sessions remembered at once; the oldest go first.");
}

void AddModelFlags(Options& options, Flags& flags) {
  flags.BeginGroup("Models and exercises");
  flags.Count("--max-models", options.models.max_models, "Models held at once.");
  flags.Count("--max-models-per-tenant", options.models.max_models_per_tenant,
              "Models of one tenant; 0: as many as of all.");
  flags.Bytes("--max-model-bytes", options.models.max_bytes,
              "Bytes of the weights of all models together, as they are kept in memory.");
  flags.Bytes("--max-model-bytes-per-tenant", options.models.max_bytes_per_tenant,
              "Bytes of the models of one tenant; 0: as many as of all.");
  flags.Count("--max-parameters", options.api.model.max_parameters, "Weights of one model.");
  flags.Count("--max-layers", options.api.model.max_layers,
              "Layers of one model, in each direction.");
  flags.Count("--max-hidden-size", options.api.model.max_hidden_size,
              "Hidden size, and input size, of one layer.");
  flags.Bytes("--max-upload-bytes", options.api.max_upload_bytes, "Longest uploaded model file.");
  flags.Count("--max-exercises", options.exercises.max_exercises, "Exercises held at once.");
  flags.Count("--max-exercises-per-tenant", options.exercises.max_exercises_per_tenant,
              "Exercises of one tenant; 0: as many as of all.");
  flags.Bytes("--max-exercise-bytes", options.exercises.max_bytes,
              "Bytes of models, inputs and keys of all exercises together.");
  flags.Bytes("--max-exercise-bytes-per-tenant", options.exercises.max_bytes_per_tenant,
              "Bytes of the exercises of one tenant; 0: as many as of all.");
  flags.Count("--max-exercise-values", options.api.max_exercise_values,
              "Values that one exercise may ask for.");
}

void AddWorkFlags(Options& options, Flags& flags) {
  flags.BeginGroup("Steps, and who makes them");
  flags.Count("--workers", options.scheduler.worker_count,
              "Threads that step and do other dear work; by default one a processor.");
  flags.Count("--inline-cost", options.scheduler.inline_cost,
              "Fused multiply-adds up to which a request is stepped at once, without a worker.");
  flags.Count(
      "--lone-cost", options.scheduler.lone_cost,
      "The same for a session that nobody else asks anything beside; 0: no more than that.");
  flags.Count("--max-batch-rows", options.scheduler.max_batch_rows,
              "Sessions on one model that step together at most; 1: each by itself.");
  flags.Count("--max-queued-steps", options.scheduler.max_queued_steps,
              "Steps that may wait for a worker, of all sessions together.");
  flags.Count("--max-queued-steps-per-tenant", options.scheduler.max_queued_steps_per_tenant,
              "The same of one tenant; 0: as many as of all.");
  flags.Count("--max-queued-steps-per-session", options.scheduler.max_queued_steps_per_session,
              "Steps that may wait for their turn on one session.");
  flags.Count("--max-steps-per-request", options.api.max_steps_per_request,
              "Steps in one request, of all its sequences together.");
  flags.Count("--max-request-multiply-adds", options.api.max_request_multiply_adds,
              "Multiply-adds of one request; fewer steps are allowed where they are dear.");
}

void AddCallFlags(Options& options, Flags& flags) {
  flags.BeginGroup("Connections, streams and messages");
  flags.Duration("--drain-timeout", options.drain_timeout,
                 "How long running calls may take after SIGTERM before they are cancelled.");
  flags.Count("--max-streams", options.api.max_streams, "Streams open at once, of every kind.");
  flags.Count("--max-streams-per-tenant", options.api.max_streams_per_tenant,
              "The same of one tenant; 0: as many as of all.");
  flags.Bytes("--max-message-bytes", options.api.max_message_bytes,
              "Longest request and longest answer.");
  flags.Bytes("--max-call-bytes", options.api.max_call_bytes,
              "Bytes of requests, uploads and unread answers of all calls in flight together.");
  flags.Bytes("--max-call-bytes-per-tenant", options.api.max_call_bytes_per_tenant,
              "The same of one tenant; 0: as many as of all.");
  flags.Count("--max-calls-per-connection", options.server.max_calls_per_connection,
              "Calls open at once on one connection; further ones wait in the client.");
  flags.Bytes("--max-transport-bytes", options.server.max_transport_bytes,
              "Bytes that gRPC may hold for all connections together.");
  flags.Duration("--busy-poll", options.server.busy_poll,
                 "How long the thread that serves calls looks for the next message before it "
                 "sleeps: answers come sooner, and a core is kept busy. 0s: it sleeps at once.");
  flags.Duration("--keepalive-interval", options.server.keepalive_interval,
                 "Silence after which a connection is probed.");
  flags.Duration("--keepalive-timeout", options.server.keepalive_timeout,
                 "How long a probed connection may take to answer before it is closed.");
}

}  // namespace

void AddOptionFlags(Options& options, Flags& flags) {
  AddListenFlags(options, flags);
  AddIdentityFlags(options, flags);
  AddStoreFlags(options, flags);
  AddSessionFlags(options, flags);
  AddModelFlags(options, flags);
  AddWorkFlags(options, flags);
  AddCallFlags(options, flags);
}

}  // namespace cellar
