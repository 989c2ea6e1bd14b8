-- SPDX-License-Identifier: MIT
-- For wrk: one heartbeat after the other; the body is in $BODY.
wrk.method = "POST"
wrk.body = os.getenv("BODY")
wrk.headers["Content-Type"] = "application/x-amz-json-1.0"
wrk.headers["X-Amz-Target"] =
	"SimpleWorkflowService.RecordActivityTaskHeartbeat"
