// sabre/clone/codecs.h: all codecs for C++ types, and SABRE_DESCRIBE.
#ifndef SABRE_CLONE_CODECS_H_
#define SABRE_CLONE_CODECS_H_

#include "sabre/clone/codec.h"             // IWYU pragma: export
#include "sabre/clone/codec_collection.h"  // IWYU pragma: export
#include "sabre/clone/codec_memory.h"      // IWYU pragma: export
#include "sabre/clone/codec_pointer.h"     // IWYU pragma: export
#include "sabre/clone/codec_scalar.h"      // IWYU pragma: export
#include "sabre/clone/codec_sequence.h"    // IWYU pragma: export
#include "sabre/clone/codec_time.h"        // IWYU pragma: export
#include "sabre/clone/codec_variant.h"     // IWYU pragma: export
#include "sabre/clone/describe.h"          // IWYU pragma: export
#include "sabre/clone/has_buffers.h"       // IWYU pragma: export

#endif  // SABRE_CLONE_CODECS_H_
