{{- /* The pod, the same in a StatefulSet and a Deployment. */}}
{{- define "gateway.pod" -}}
metadata:
  labels:
    {{- include "gateway.selector" . | nindent 4 }}
    {{- with .Values.podLabels }}{{ toYaml . | nindent 4 }}{{ end }}
  {{- with .Values.podAnnotations }}
  annotations: {{ toYaml . | nindent 4 }}
  {{- end }}
spec:
  serviceAccountName: {{ include "gateway.name" . }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  # The delay, ten seconds for running calls, and the time that servers get.
  terminationGracePeriodSeconds: {{ add .Values.stopDelaySeconds 30 }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 1000
    runAsGroup: 1000
    fsGroup: 1000
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile: { type: RuntimeDefault }
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets: {{ toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector: {{ toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations: {{ toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity: {{ toYaml . | nindent 4 }}
  {{- end }}
  topologySpreadConstraints:
    {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
    - maxSkew: 1
      topologyKey: {{ . }}
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels: {{- include "gateway.selector" $ | nindent 10 }}
    {{- end }}
  containers:
    - name: gateway
      image: {{ include "gateway.image" . | quote }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      env: {{- include "gateway.env" . | nindent 8 }}
      {{- with .Values.existingSecret }}
      envFrom:
        - secretRef: { name: {{ . }} }
      {{- end }}
      ports:
        - { name: http, containerPort: 8000 }
      # A start reads files and listens; servers start meanwhile.
      startupProbe: { httpGet: { path: /health, port: http }, periodSeconds: 2, failureThreshold: 30 }
      livenessProbe: { httpGet: { path: /health, port: http }, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 }
      readinessProbe: { httpGet: { path: /ready, port: http }, periodSeconds: 2, timeoutSeconds: 2, failureThreshold: 2 }
      resources: {{- toYaml .Values.resources | nindent 8 }}
      securityContext:
        readOnlyRootFilesystem: true
        allowPrivilegeEscalation: false
        capabilities: { drop: [ALL] }
      volumeMounts:
        - { name: config, mountPath: /config, readOnly: true }
        - { name: data, mountPath: /data }
        - { name: tmp, mountPath: /tmp }
        {{- if .Values.audit.headKeySecret }}
        - { name: head-key, mountPath: /head-key, readOnly: true }
        {{- end }}
  volumes:
    - name: config
      configMap: { name: {{ .Values.config.existingConfigMap | default (include "gateway.name" .) }} }
    - name: tmp
      emptyDir: { sizeLimit: 512Mi }
    {{- if ne .Values.audit.to "volume" }}
    - name: data
      emptyDir: { sizeLimit: 512Mi }
    {{- end }}
    {{- with .Values.audit.headKeySecret }}
    - name: head-key
      secret: { secretName: {{ . }}, defaultMode: 0440 }
    {{- end }}
{{- end }}

{{- define "gateway.env" -}}
- name: POD_IP
  valueFrom: { fieldRef: { fieldPath: status.podIP } }
- { name: GATEWAY_TRANSPORT, value: http }
- { name: GATEWAY_HTTP_HOST, value: 0.0.0.0 }
- { name: GATEWAY_HTTP_PORT, value: "8000" }
- { name: GATEWAY_MCP_CONFIG, value: /config/mcp.json }
- { name: GATEWAY_RULES, value: /config/rules.json }
{{- if or .Values.config.lock .Values.config.existingConfigMap }}
- { name: GATEWAY_LOCK, value: /config/lock.json }
{{- end }}
- { name: GATEWAY_ALLOWED_HOSTS, value: {{ include "gateway.hosts" . | quote }} }
- { name: GATEWAY_KEYCHAIN, value: "0" }
- { name: GATEWAY_STOP_DELAY_SECONDS, value: {{ .Values.stopDelaySeconds | quote }} }
{{- if gt (int .Values.workers) 1 }}
- { name: GATEWAY_WORKERS, value: {{ .Values.workers | quote }} }
{{- end }}
{{- with .Values.publicUrl }}
- { name: GATEWAY_PUBLIC_URL, value: {{ . | quote }} }
{{- end }}
{{- if eq .Values.audit.to "stdout" }}
- { name: GATEWAY_AUDIT_LOG, value: /dev/stdout }
{{- end }}
{{- with .Values.audit.heads }}
- { name: GATEWAY_AUDIT_HEADS, value: {{ join "," . | quote }} }
{{- end }}
{{- if .Values.audit.headKeySecret }}
- { name: GATEWAY_AUDIT_HEAD_KEY, value: /head-key/key.pem }
{{- end }}
{{- range $name, $value := .Values.env }}
- { name: {{ $name }}, value: {{ $value | quote }} }
{{- end }}
{{- end }}
