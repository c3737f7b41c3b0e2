"""The table of servers whose metrics are understood.

Owns: which name of which engine means which reading, in which unit, under which labels.  Does not
own: reading text (`text`), reckoning (`readings`).

An engine is one entry; nothing else has to change for another one.  Units come out as ours:
seconds, bytes, watts, joules, shares.
"""

from vedette.ingest.scrape.row import (
    GAIN,
    LEVEL,
    MEAN,
    MOST,
    RATE,
    SHARE,
    SPREAD,
    SUM,
    Engine,
    Row,
)

MS, US, MIB, MILLI, PERCENT = 1e-3, 1e-6, float(1 << 20), 1e-3, 1e-2
FAILED = r"5\d\d"  # HTTP

# What Prometheus' clients say of the process that they are part of.
PROCESS = (
    Row("process.cpu.cores", RATE, r"process_cpu_seconds"),
    Row("process.memory.bytes", SUM, r"process_resident_memory_bytes"),
    Row("process.open_files", SUM, r"process_open_fds"),
    Row("process.open_files.utilization", LEVEL, r"process_open_fds", r"process_max_fds"),
)

VLLM = Engine(
    "vllm", "vLLM", 8000, r"vllm:.*",
    (
        Row("latency_s", SPREAD, r"vllm:e2e_request_latency_seconds"),
        Row("first_token_s", SPREAD, r"vllm:time_to_first_token_seconds"),
        # Renamed over time; where an engine shows two, the first that is there counts.
        Row("per_token_s", SPREAD, r"vllm:request_time_per_output_token_seconds"),
        Row("per_token_s", SPREAD, r"vllm:(inter_token_latency|time_per_output_token)_seconds"),
        Row("queue_s", SPREAD, r"vllm:request_queue_time_seconds"),
        Row("prefill_s", SPREAD, r"vllm:request_prefill_time_seconds"),
        Row("decode_s", SPREAD, r"vllm:request_decode_time_seconds"),
        Row("requests.rate", RATE, r"vllm:request_success"),
        Row("errors.share", SHARE, r"vllm:request_success", r"vllm:request_success",
            where={"finished_reason": r"abort|error"}),
        Row("rejections.rate", RATE, r"vllm:admission_rejections"),
        Row("input_tokens.rate", RATE, r"vllm:prompt_tokens"),
        Row("output_tokens.rate", RATE, r"vllm:generation_tokens"),
        Row("queue.running", SUM, r"vllm:num_requests_running"),
        Row("queue.waiting", SUM, r"vllm:num_requests_waiting"),
        # From 0 to 1, whatever its name says.
        Row("kv_cache.utilization", MOST, r"vllm:(kv|gpu)_cache_usage_perc"),
        Row("prefix_cache.hit_share", SHARE, r"vllm:(gpu_)?prefix_cache_hits",
            r"vllm:(gpu_)?prefix_cache_queries"),
        Row("preemptions.rate", RATE, r"vllm:num_preemptions"),
        *PROCESS,
    ),
    model=("model_name",), apart=("engine",),
)  # fmt: skip

TRITON = Engine(
    "triton", "Triton Inference Server", 8002, r"nv_inference_.*",
    (
        # Quantiles only where Triton was told to reckon them.
        Row("latency_s", SPREAD, r"nv_inference_request_summary_us", factor=US),
        Row("queue_s", SPREAD, r"nv_inference_queue_summary_us", factor=US),
        Row("first_token_s", SPREAD, r"nv_inference_first_response_histogram_ms", factor=MS),
        Row("latency_s.mean", MEAN, r"nv_inference_request_duration_us",
            r"nv_inference_request_success", factor=US),
        Row("queue_s.mean", MEAN, r"nv_inference_queue_duration_us",
            r"nv_inference_request_success", factor=US),
        Row("compute_s.mean", MEAN, r"nv_inference_compute_infer_duration_us",
            r"nv_inference_request_success", factor=US),
        Row("requests.rate", RATE, r"nv_inference_request_(success|failure)"),
        Row("errors.rate", RATE, r"nv_inference_request_failure"),
        Row("errors.share", SHARE, r"nv_inference_request_failure",
            r"nv_inference_request_(success|failure)"),
        Row("queue.waiting", SUM, r"nv_inference_pending_request_count"),
        Row("batch.size", MEAN, r"nv_inference_count", r"nv_inference_exec_count"),
        Row("cache.hit_share", SHARE, r"nv_cache_num_hits_per_model",
            r"nv_cache_num_(hits|misses)_per_model"),
        Row("gpu.{gpu}.utilization", MOST, r"nv_gpu_utilization"),
        Row("gpu.{gpu}.memory.bytes", SUM, r"nv_gpu_memory_used_bytes"),
        Row("gpu.{gpu}.memory.utilization", LEVEL, r"nv_gpu_memory_used_bytes",
            r"nv_gpu_memory_total_bytes"),
        Row("gpu.{gpu}.power_w", SUM, r"nv_gpu_power_usage"),
        Row("gpu.{gpu}.energy_j", GAIN, r"nv_energy_consumption"),
        Row("resource.cpu.utilization", MOST, r"nv_cpu_utilization"),
        Row("resource.memory.bytes", SUM, r"nv_cpu_memory_used_bytes"),
        Row("resource.memory.utilization", LEVEL, r"nv_cpu_memory_used_bytes",
            r"nv_cpu_memory_total_bytes"),
    ),
    model=("model",), apart=("version",), gpu=("gpu_uuid",),
)  # fmt: skip

TGI = Engine(
    "tgi", "Text Generation Inference", 3000, r"tgi_.*",
    (
        Row("latency_s", SPREAD, r"tgi_request_duration"),  # seconds, though no name says so
        Row("queue_s", SPREAD, r"tgi_request_queue_duration"),
        Row("per_token_s", SPREAD, r"tgi_request_mean_time_per_token_duration"),
        Row("requests.rate", RATE, r"tgi_request_count"),
        Row("errors.rate", RATE, r"tgi_request_failure"),
        Row("errors.share", SHARE, r"tgi_request_failure", r"tgi_request_count"),
        Row("input_tokens.rate", RATE, r"tgi_request_input_length_sum"),
        Row("output_tokens.rate", RATE, r"tgi_request_generated_tokens_sum"),
        Row("queue.waiting", SUM, r"tgi_queue_size"),
        Row("queue.running", SUM, r"tgi_batch_current_size"),
        *PROCESS,
    ),
)  # fmt: skip

MLSERVER = Engine(
    "mlserver", "MLServer", 8082, r"model_infer_request_.*",
    (
        Row("latency_s.mean", MEAN, r"model_infer_request_duration_sum",
            r"model_infer_request_duration_count"),
        Row("latency_s", SPREAD, r"rest_server_request_duration_seconds",
            only={"path": r".*/infer(_stream)?"}),  # by path, of all models together
        Row("requests.rate", RATE, r"model_infer_request_(success|failure)"),
        Row("errors.rate", RATE, r"model_infer_request_failure"),
        Row("errors.share", SHARE, r"model_infer_request_failure",
            r"model_infer_request_(success|failure)"),
        Row("queue.running", SUM, r"rest_server_requests_in_progress"),
        *PROCESS,
    ),
    model=("model",), apart=("version",),
)  # fmt: skip

PROBES = {"endpoint": r"(?!.*/?(livez|readyz|healthz|metrics)$).*"}  # no predictions
BENTOML = Engine(
    "bentoml", "BentoML", 3000, r"bentoml_service_.*",
    (
        Row("latency_s", SPREAD, r"bentoml_service_request_duration_seconds", only=PROBES),
        Row("requests.rate", RATE, r"bentoml_service_request", only=PROBES),
        Row("errors.rate", RATE, r"bentoml_service_request", only=PROBES,
            where={"http_response_code": FAILED}),
        Row("errors.share", SHARE, r"bentoml_service_request", r"bentoml_service_request",
            only=PROBES, where={"http_response_code": FAILED}),
        Row("queue.running", SUM, r"bentoml_service_request_in_progress", only=PROBES),
        Row("batch.size", SPREAD, r"bentoml_service_adaptive_batch_size"),
        *PROCESS,
    ),
    model=("service_name",), apart=("service_version", "endpoint"),
)  # fmt: skip

RAY = Engine(
    "ray", "Ray Serve", 8080, r"ray_serve_.*",
    (
        Row("latency_s", SPREAD, r"ray_serve_deployment_processing_latency_ms", factor=MS),
        # Requests that failed are not among those that it counts as requests.
        Row("requests.rate", RATE, r"ray_serve_deployment_(request|error)_counter"),
        Row("errors.rate", RATE, r"ray_serve_deployment_error_counter"),
        Row("errors.share", SHARE, r"ray_serve_deployment_error_counter",
            r"ray_serve_deployment_(request|error)_counter"),
        Row("queue.running", SUM, r"ray_serve_replica_processing_queries"),
        Row("queue.running", SUM, r"ray_serve_num_ongoing_requests_at_replicas"),
        Row("queue.waiting", SUM, r"ray_serve_deployment_queued_queries"),
        Row("replicas.healthy", SUM, r"ray_serve_deployment_replica_healthy"),
        Row("resource.cpu.utilization", MOST, r"ray_node_cpu_utilization", factor=PERCENT),
        Row("resource.memory.bytes", SUM, r"ray_node_mem_used"),
        Row("resource.memory.utilization", LEVEL, r"ray_node_mem_used", r"ray_node_mem_total"),
        Row("gpu.{gpu}.utilization", MOST, r"ray_node_gpus_utilization", factor=PERCENT),
    ),
    model=("deployment",), apart=("application",), gpu=("GpuIndex",),
)  # fmt: skip

KSERVE = Engine(
    "kserve", "KServe Python server", 8080,
    r"request_(predict|explain)_seconds_(count|bucket)|kserve_logger_.*",
    (
        Row("latency_s", SPREAD, r"request_predict_seconds"),
        Row("preprocess_s", SPREAD, r"request_preprocess_seconds"),
        Row("postprocess_s", SPREAD, r"request_postprocess_seconds"),
        Row("explain_s", SPREAD, r"request_explain_seconds"),
        Row("requests.rate", RATE, r"request_predict_seconds_count"),
        # Its agent, of the requests and responses that it logs (releases of the end of 2026).
        Row("logger.sent.rate", RATE, r"kserve_logger_events_sent"),
        Row("logger.lost.share", SHARE, r"kserve_logger_events_(failed|dropped)",
            r"kserve_logger_events_(sent|failed|dropped)"),
        Row("logger.waiting", SUM, r"kserve_logger_work_queue_depth"),
        *PROCESS,
    ),
    model=("model_name",),
)  # fmt: skip

DCGM = Engine(
    "dcgm", "DCGM exporter", 9400, r"DCGM_FI_.*",
    (
        Row("gpu.{gpu}.utilization", MOST, r"DCGM_FI_DEV_GPU_UTIL", factor=PERCENT),
        # All that GPUs in parts (MIG) show: a share, though its help speaks of per cent.
        Row("gpu.{gpu}.utilization", MOST, r"DCGM_FI_PROF_GR_ENGINE_ACTIVE"),
        Row("gpu.{gpu}.memory.bytes", SUM, r"DCGM_FI_DEV_FB_USED", factor=MIB),
        Row("gpu.{gpu}.memory.utilization", LEVEL, r"DCGM_FI_DEV_FB_USED",
            r"DCGM_FI_DEV_FB_(USED|FREE|RESERVED)"),
        Row("gpu.{gpu}.power_w", MOST, r"DCGM_FI_DEV_POWER_USAGE"),
        Row("gpu.{gpu}.energy_j", GAIN, r"DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", factor=MILLI),
        Row("gpu.{gpu}.temperature_c", MOST, r"DCGM_FI_DEV_GPU_TEMP"),
        Row("gpu.{gpu}.xid", MOST, r"DCGM_FI_DEV_XID_ERRORS"),
    ),
    gpu=("gpu", "UUID"),
)  # fmt: skip

REAL_DISKS = {"fstype": r"(?!tmpfs|devtmpfs|overlay|squashfs|iso9660|ramfs|proc|sysfs).*"}
REAL_NETWORK = {"device": r"(?!lo$|veth|docker|br-|virbr|cni|flannel|cali).*"}
WHOLE_DISKS = {"device": r"(?!loop|ram|zram|dm-|sr|md|(h|s|v|xv)d[a-z]+\d|nvme\d+n\d+p).*"}
NODE = Engine(
    "node", "node exporter", 9100, r"node_(cpu_seconds|memory_MemTotal_bytes|uname_info)",
    (
        Row("resource.cpu.utilization", SHARE, r"node_cpu_seconds", r"node_cpu_seconds",
            where={"mode": r"idle|iowait"}, rest=True),
        Row("resource.memory.utilization", LEVEL, r"node_memory_MemAvailable_bytes",
            r"node_memory_MemTotal_bytes", rest=True),
        # As df does it: of what is not kept back for the system.
        Row("resource.disk.utilization", LEVEL, r"node_filesystem_avail_bytes",
            r"node_filesystem_(size|free|avail)_bytes", less=r"node_filesystem_free_bytes",
            only=REAL_DISKS, each=("device", "mountpoint"), rest=True),
        Row("resource.disk.read_bytes.rate", RATE, r"node_disk_read_bytes", only=WHOLE_DISKS),
        Row("resource.disk.written_bytes.rate", RATE, r"node_disk_written_bytes",
            only=WHOLE_DISKS),
        Row("resource.network.received_bytes.rate", RATE, r"node_network_receive_bytes",
            only=REAL_NETWORK),
        Row("resource.network.sent_bytes.rate", RATE, r"node_network_transmit_bytes",
            only=REAL_NETWORK),
        Row("resource.out_of_memory_kills", GAIN, r"node_vmstat_oom_kill"),
    ),
)  # fmt: skip

ENGINES = (VLLM, TRITON, TGI, MLSERVER, BENTOML, RAY, KSERVE, DCGM, NODE)
