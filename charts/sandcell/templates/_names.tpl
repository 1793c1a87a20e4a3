{{/* Names, labels and addresses; every template takes them from here. */}}

{{- define "sandcell.fullname" -}}
{{- if contains "sandcell" .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-sandcell" .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "sandcell.kernelNamespace" -}}
{{- .Values.kernelNamespace.name | default (printf "%s-kernels" (include "sandcell.fullname" .)) -}}
{{- end -}}

{{- define "sandcell.labels" -}}
app.kubernetes.io/name: sandcell
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{/* What selects the pods of one component: (dict "root" $ "component" "gateway"). */}}
{{- define "sandcell.selector" -}}
app.kubernetes.io/name: sandcell
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "sandcell.componentLabels" -}}
{{ include "sandcell.labels" .root }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "sandcell.image" -}}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- end -}}

{{- define "sandcell.kernelImage" -}}
{{- printf "%s:%s" .Values.kernelImage.repository (.Values.kernelImage.tag | default .Chart.AppVersion) -}}
{{- end -}}

{{- define "sandcell.secretName" -}}
{{- .Values.secrets.existing | default (include "sandcell.fullname" .) -}}
{{- end -}}

{{- define "sandcell.natsHost" -}}
{{- printf "%s-nats.%s.svc" (include "sandcell.fullname" .) .Release.Namespace -}}
{{- end -}}

{{/* host:port, without a scheme or a password. */}}
{{- define "sandcell.natsAddress" -}}
{{- if .Values.nats.bundled -}}
{{- printf "%s:4222" (include "sandcell.natsHost" .) -}}
{{- else -}}
{{- required "nats.address is needed when nats.bundled is false: host:port of your NATS, several with commas" .Values.nats.address -}}
{{- end -}}
{{- end -}}

{{- define "sandcell.filestoreHost" -}}
{{- printf "%s-filestore.%s.svc" (include "sandcell.fullname" .) .Release.Namespace -}}
{{- end -}}

{{/* The names that an agent connects to, with commas. */}}
{{- define "sandcell.kernelHosts" -}}
{{- $hosts := list (include "sandcell.filestoreHost" .) -}}
{{- range splitList "," (include "sandcell.natsAddress" .) -}}
{{- $hosts = append $hosts (splitList ":" . | first) -}}
{{- end -}}
{{- $hosts | uniq | join "," -}}
{{- end -}}

{{/* 8Gi as a number of bytes. */}}
{{- define "sandcell.bytes" -}}
{{- $units := dict "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 -}}
{{- mul (regexFind "^[0-9]+" . | int64) (get $units (regexFind "[MGT]i$" .)) -}}
{{- end -}}

{{/* The second origin as browsers reach it; by default what `kubectl port-forward` gives. */}}
{{- define "sandcell.frameOrigin" -}}
{{- $ingress := .Values.ingress -}}
{{- if .Values.gateway.frameOrigin -}}
{{- .Values.gateway.frameOrigin -}}
{{- else if $ingress.enabled -}}
{{- printf "%s://%s" (ternary "https" "http" (ne $ingress.tlsSecretName "")) $ingress.frameHost -}}
{{- else -}}
http://127.0.0.1:8081
{{- end -}}
{{- end -}}
