/**
 * The hub's own tests, on the engine that is chosen: whoever wants them on another imports this after having
 * chosen it.
 *
 * @module
 */
import "../hub_test.ts";
import "../names_test.ts";
import "../resume_test.ts";
import "../places_test.ts";
import "../leave_test.ts";
import "../private_test.ts";
import "../flow_test.ts";
import "../plain_test.ts";
import "../v1_test.ts";
import "../protocol_doc_test.ts";
import "../rest_test.ts";
import "../http_test.ts";
import "../events_test.ts";
import "../faults_test.ts";
import "../metrics_test.ts";
import "../chat_network_test.ts";
import "../soak_test.ts";
import "../access/names_test.ts";
import "../access/private_test.ts";
import "../access/moderation_test.ts";
