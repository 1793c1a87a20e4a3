{{/* What all pods of the service have in common. Kernel pods are the operator's. */}}

{{/* With the container's context below, what PodSecurity "restricted" asks for. uid 2000 is the image's. */}}
{{- define "sandcell.podSecurity" -}}
runAsNonRoot: true
runAsUser: 2000
runAsGroup: 2000
fsGroup: 2000
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "sandcell.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{- define "sandcell.pullSecrets" -}}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* Replicas of one component on different nodes where there are some: (dict "root" $ "component" "gateway"). */}}
{{- define "sandcell.spread" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "sandcell.selector" . | nindent 8 }}
{{- end -}}

{{- define "sandcell.scheduling" -}}
{{- with .nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* One variable from the Secret: (dict "root" $ "variable" NAME "key" KEY), optional where the key may be absent. */}}
{{- define "sandcell.secretEnv" -}}
- name: {{ .variable }}
  valueFrom:
    secretKeyRef:
      name: {{ include "sandcell.secretName" .root }}
      key: {{ .key }}
      {{- if .optional }}
      optional: true
      {{- end }}
{{- end -}}

{{/* `settings` of the values as variables: queueMax becomes SANDCELL_QUEUE_MAX. */}}
{{- define "sandcell.settingsEnv" -}}
{{- range $name, $value := . }}
- name: SANDCELL_{{ $name | snakecase | upper }}
  {{- /* Whole numbers come from YAML as floats, which print as 1e+09. */}}
  value: {{ ternary (printf "%d" (int64 $value)) (toString $value) (kindIs "float64" $value | and (eq (toString $value | float64 | floor) (toString $value | float64))) | quote }}
{{- end }}
{{- end -}}

{{/* What the operator, and its canary, must know to make a kernel's pod. */}}
{{- define "sandcell.kernelEnv" -}}
- name: SANDCELL_LOG_LEVEL
  value: {{ .Values.logLevel }}
- name: SANDCELL_KERNEL_NAMESPACE
  value: {{ include "sandcell.kernelNamespace" . }}
- name: SANDCELL_AGENT_IMAGE
  value: {{ include "sandcell.image" . }}
- name: SANDCELL_KERNEL_NATS_URL
  value: nats://{{ include "sandcell.natsAddress" . }}
# Kernels ask no name server: the operator does, and writes the answers into their pods.
- name: SANDCELL_KERNEL_HOSTS
  value: {{ include "sandcell.kernelHosts" . }}
{{- end -}}

{{- define "sandcell.metricsAnnotations" -}}
{{- if .root.Values.metrics.annotations }}
prometheus.io/scrape: "true"
prometheus.io/port: {{ .port | quote }}
prometheus.io/path: /metrics
{{- end }}
{{- end -}}

{{/* A change of what was given in the values starts pods anew; generated secrets never change. */}}
{{- define "sandcell.secretChecksum" -}}
checksum/given: {{ list .Values.gateway.token .Values.database.url .Values.secrets.existing | join "\n" | sha256sum | trunc 16 }}
{{- end -}}
