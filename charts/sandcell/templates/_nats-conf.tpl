{{/* The configuration of nats-server; a test runs it with the real one. Passwords come as variables. */}}
{{- define "sandcell.natsConf" -}}
server_name: $POD_NAME
listen: "0.0.0.0:4222"
http: "0.0.0.0:8222"
max_payload: 8MB
# An operator or gateway whose node is gone is noticed in half a minute, not in four: until then it would be asked who may come in.
ping_interval: "10s"
ping_max: 2
lame_duck_grace_period: 5s
lame_duck_duration: 30s
jetstream {
  store_dir: /data
  max_file_store: {{ .Values.nats.jetstreamMax }}
}
accounts {
  SANDCELL {
    jetstream: enabled
    users: [
      {
        user: gateway, password: $GATEWAY_PASSWORD
        permissions: { publish: { deny: "$SYS.>" }, subscribe: { deny: "$SYS.>" } }
      }
      {
        # It hears who lives and is asked who may come in; it answers, and says who is destroyed.
        user: operator, password: $OPERATOR_PASSWORD
        permissions: {
          publish: "pool.*.destroyed"
          subscribe: ["kernel.*.status", "gateway.*.status", "pool.*.condemn", "$SYS.REQ.USER.AUTH", "$SYS.REQ.USER.AUTH operators"]
          allow_responses: { max: 1, expires: "1m" }
        }
      }
    ]
  }
  SYSTEM {
    users: [
      {
        # It ends the connections of kernels that are destroyed.
        user: operator-system, password: $SYSTEM_PASSWORD
        permissions: { publish: ["$SYS.REQ.SERVER.PING.CONNZ", "$SYS.REQ.SERVER.*.KICK"], subscribe: "_INBOX.>" }
      }
    ]
  }
}
system_account: SYSTEM
# Whoever is not one of these users is a kernel's agent: the operator says, by its token, which kernel it is and what it may do.
authorization {
  timeout: 5
  auth_callout {
    account: SANDCELL
    auth_users: [gateway, operator, operator-system]
    allowed_accounts: [SANDCELL]
    include "../nats-issuer/issuer.conf"
  }
}
{{- if gt (int .Values.nats.replicas) 1 }}
cluster {
  name: {{ include "sandcell.fullname" . }}-nats
  listen: "0.0.0.0:6222"
  authorization { user: route, password: $ROUTE_PASSWORD, timeout: 5 }
  routes: [
    {{- range until (int .Values.nats.replicas) }}
    $ROUTE_{{ . }}
    {{- end }}
  ]
}
{{- end }}
{{- end -}}
