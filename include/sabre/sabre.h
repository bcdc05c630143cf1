// sabre/sabre.h: everything that Sabre offers, in one include.
#ifndef SABRE_SABRE_H_
#define SABRE_SABRE_H_

#include "sabre/clone/codec.h"
#include "sabre/clone/convert.h"
#include "sabre/clone/errors.h"
#include "sabre/clone/graph.h"
#include "sabre/clone/structured_clone.h"
#include "sabre/clone/value.h"
#include "sabre/lockfree/cache_line.h"
#include "sabre/lockfree/mpmc_ring.h"
#include "sabre/lockfree/mpsc_queue.h"
#include "sabre/lockfree/spsc_ring.h"
#include "sabre/memory/agent.h"
#include "sabre/memory/array_buffer.h"
#include "sabre/memory/atomics.h"
#include "sabre/memory/shared_array_buffer.h"
#include "sabre/memory/typed_array.h"
#include "sabre/memory/wait.h"
#include "sabre/messaging/message_channel.h"
#include "sabre/messaging/message_event.h"
#include "sabre/messaging/message_port.h"
#include "sabre/pool/task.h"
#include "sabre/pool/worker_pool.h"
#include "sabre/sync/event_count.h"
#include "sabre/sync/policy.h"
#include "sabre/sync/std_sync.h"
#include "sabre/sync/waiter_list.h"
#include "sabre/worker/available_parallelism.h"
#include "sabre/worker/worker.h"
#include "sabre/worker/worker_scope.h"

#endif  // SABRE_SABRE_H_
