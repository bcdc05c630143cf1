// tests/messaging/file_descriptor_test.cc: descriptors in messages: cloned, moved, never leaked, never
// closed twice.
#include "sabre/messaging/file_descriptor.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "doctest/doctest.h"
#include "sabre/clone/convert.h"
#include "sabre/clone/errors.h"
#include "sabre/clone/structured_clone.h"
#include "sabre/messaging/message_channel.h"
#include "sabre/messaging/message_port.h"

namespace file_descriptor_test {

using namespace sabre;  // NOLINT: a test

struct Job {
  std::string name;
  FileDescriptor input;
  ArrayBuffer bytes;
};
SABRE_DESCRIBE(Job, name, input, bytes)

namespace {

static_assert(!kHasBuffers<FileDescriptor>);

// How many descriptors the process has.
int OpenDescriptors() {
  DIR* const folder = opendir("/proc/self/fd");
  REQUIRE(folder != nullptr);
  int count = 0;
  while (readdir(folder) != nullptr) ++count;
  closedir(folder);
  return count;
}

// Checks that there are as many at the end as there were.
class Balance {
 public:
  ~Balance() { CHECK(OpenDescriptors() == before_); }

 private:
  const int before_ = OpenDescriptors();
};

struct Pipe {
  Pipe() {
    int ends[2];
    REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
    out = FileDescriptor(ends[0]);
    in = FileDescriptor(ends[1]);
  }
  FileDescriptor in, out;
};

void Say(const FileDescriptor& to, char what) { CHECK(write(to.get(), &what, 1) == 1); }
char Hear(const FileDescriptor& from) {
  char what = 0;
  return read(from.get(), &what, 1) == 1 ? what : '!';
}
bool IsOpen(int fd) { return fcntl(fd, F_GETFD) != -1; }

TEST_CASE("It owns its number: moves, is released, is closed once") {
  const Balance balance;
  Pipe pipe;
  const int number = pipe.in.get();
  FileDescriptor moved(std::move(pipe.in));
  CHECK(moved.get() == number);
  CHECK(pipe.in.get() == -1);
  CHECK_FALSE(pipe.in.is_open());
  pipe.in.Close();
  CHECK(IsOpen(number));
  moved = std::move(pipe.out);  // closes what it had
  CHECK_FALSE(IsOpen(number));
  const int last = moved.Release();
  CHECK(moved.get() == -1);
  CHECK(IsOpen(last));
  FileDescriptor again(last);
  FileDescriptor& self = again;
  again = std::move(self);
  CHECK(again.get() == last);
  CHECK_FALSE(FileDescriptor(-5).is_open());
  CHECK(FileDescriptor(-5).get() == -1);
}

TEST_CASE("A duplicate names the same open file, and is closed on exec") {
  const Balance balance;
  Pipe pipe;
  absl::StatusOr<FileDescriptor> copy = pipe.in.Duplicate();
  REQUIRE_MESSAGE(copy.ok(), copy.status().ToString());
  CHECK(copy->get() != pipe.in.get());
  CHECK((fcntl(copy->get(), F_GETFD) & FD_CLOEXEC) != 0);
  Say(*copy, 'a');
  CHECK(Hear(pipe.out) == 'a');
  CHECK(absl::IsFailedPrecondition(FileDescriptor().Duplicate().status()));
  const int number = copy->Release();
  close(number);
  FileDescriptor wrong(number);
  const absl::Status status = wrong.Duplicate().status();
  CHECK_FALSE(status.ok());
  CHECK(absl::StrContains(status.message(), std::to_string(number)));
  wrong.Release();
}

TEST_CASE("In a message it is cloned, and moves if the list names it") {
  const Balance balance;
  Pipe pipe;
  for (const bool moves : {false, true}) {
    auto [here, there] = MessageChannel::Create();
    const int number = pipe.in.get();
    StructuredSerializeOptions options;
    if (moves) options.transfer = {&pipe.in};
    REQUIRE(here.PostMessage(pipe.in, options).ok());
    CHECK(pipe.in.is_open() == !moves);
    MessagePort far = std::move(there);
    std::thread receiver([&far, number, moves] {
      absl::StatusOr<MessageEvent> event = far.Receive(absl::Seconds(10));
      REQUIRE(event.ok());
      absl::StatusOr<FileDescriptor> got = event->As<FileDescriptor>();
      REQUIRE_MESSAGE(got.ok(), got.status().ToString());
      CHECK((got->get() == number) == moves);
      Say(*got, moves ? 'm' : 'c');
      // There is one of each.
      CHECK(absl::IsDataLoss(event->As<FileDescriptor>().status()));
    });
    receiver.join();
    CHECK(Hear(pipe.out) == (moves ? 'm' : 'c'));
  }
}

TEST_CASE("In a struct and in a Graph, several times, it is one object") {
  const Balance balance;
  Pipe pipe;
  const Job job{"read", *pipe.out.Duplicate(), *ArrayBuffer::Create(2)};
  absl::StatusOr<Job> clone = StructuredClone(job);
  REQUIRE_MESSAGE(clone.ok(), clone.status().ToString());
  Say(pipe.in, 'x');
  CHECK(Hear(clone->input) == 'x');

  Graph graph;
  const Value value = graph.Object({{"a", pipe.in}, {"b", pipe.in}, {"c", pipe.out}});
  absl::StatusOr<Graph> copy = StructuredClone(value, {.transfer = {&pipe.out}});
  REQUIRE_MESSAGE(copy.ok(), copy.status().ToString());
  CHECK_FALSE(pipe.out.is_open());
  const Value root = copy->root();
  CHECK(root.Get("a").Same(root.Get("b")));
  CHECK_FALSE(root.Get("a").Same(root.Get("c")));
  absl::StatusOr<FileDescriptor> out = FromValue<FileDescriptor>(root.Get("c"));
  REQUIRE_MESSAGE(out.ok(), out.status().ToString());
  absl::StatusOr<FileDescriptor> in = FromValue<FileDescriptor>(root.Get("b"));
  REQUIRE_MESSAGE(in.ok(), in.status().ToString());
  Say(*in, 'y');
  CHECK(Hear(*out) == 'y');
  // Taken, it is no longer there; taken as something else, it is.
  CHECK(FromValue<FileDescriptor>(root.Get("a")).status().message() ==
        "data: a transferred object was taken out of the Graph before");
  absl::StatusOr<Graph> other = StructuredClone(value.Get("a"));
  REQUIRE(other.ok());
  CHECK(absl::IsDataLoss(FromValue<int>(other->root()).status()));
  CHECK(absl::IsDataLoss(FromValue<MessagePort>(other->root()).status()));
  CHECK(FromValue<FileDescriptor>(other->root()).ok());
}

TEST_CASE("Pointers to one descriptor stay pointers to one") {
  const Balance balance;
  Pipe pipe;
  const auto in = std::make_shared<FileDescriptor>(std::move(pipe.in));
  using Ends = std::vector<std::shared_ptr<FileDescriptor>>;
  const absl::StatusOr<Ends> clone = StructuredClone(Ends{in, in});
  REQUIRE_MESSAGE(clone.ok(), clone.status().ToString());
  CHECK((*clone)[0] == (*clone)[1]);
  const absl::StatusOr<Ends> moved = StructuredClone(Ends{in, in}, {.transfer = {in.get()}});
  REQUIRE_MESSAGE(moved.ok(), moved.status().ToString());
  CHECK((*moved)[0] == (*moved)[1]);
  CHECK_FALSE(in->is_open());
  Say(*(*moved)[1], 'p');
  CHECK(Hear(pipe.out) == 'p');
}

TEST_CASE("What is listed arrives in the order of the list, in the value or not") {
  const Balance balance;
  Pipe pipe;
  ArrayBuffer bytes = *ArrayBuffer::Create(3);
  auto [here, there] = MessageChannel::Create();
  auto [near, far] = MessageChannel::Create();
  REQUIRE(here.PostMessage(std::string("note"), {.transfer = {&pipe.out, &far, &bytes, &pipe.in}})
              .ok());
  absl::StatusOr<MessageEvent> event = there.Receive(absl::Seconds(10));
  REQUIRE(event.ok());
  CHECK(*event->As<std::string>() == "note");
  Attachments& came = event->attachments();
  REQUIRE(came.objects.size() == 3);
  REQUIRE(came.transferred_buffers.size() == 1);
  CHECK(came.transferred_buffers[0].byte_length() == 3);
  const FileDescriptor out = FileDescriptor::FromTransferred(std::move(came.objects[0]));
  MessagePort port = MessagePort::FromTransferred(std::move(came.objects[1]));
  const FileDescriptor in = FileDescriptor::FromTransferred(std::move(came.objects[2]));
  Say(in, 'z');
  CHECK(Hear(out) == 'z');
  REQUIRE(near.PostMessage(5).ok());
  CHECK(*port.Receive(absl::Seconds(10))->As<int>() == 5);
}

TEST_CASE("A port goes through a Graph as a descriptor does") {
  auto [here, there] = MessageChannel::Create();
  auto [near, far] = MessageChannel::Create();
  struct {
    Graph graph;
    Value value;
  } sent;
  sent.value = sent.graph.Object({{"port", *ToValue(sent.graph, far)}});
  CHECK(IsDataCloneError(here.PostMessage(sent.value)));
  REQUIRE(here.PostMessage(sent.value, {.transfer = {&far}}).ok());
  absl::StatusOr<MessageEvent> event = there.Receive(absl::Seconds(10));
  REQUIRE(event.ok());
  absl::StatusOr<MessagePort> port = FromValue<MessagePort>(event->value().Get("port"));
  REQUIRE_MESSAGE(port.ok(), port.status().ToString());
  REQUIRE(near.PostMessage(5).ok());
  CHECK(*port->Receive(absl::Seconds(10))->As<int>() == 5);
}

TEST_CASE("What nobody receives is closed with its message") {
  const Balance balance;
  Pipe pipe;
  {
    auto [here, there] = MessageChannel::Create();
    REQUIRE(here.PostMessage(pipe.in).ok());
    Graph graph;
    absl::StatusOr<Graph> unread = StructuredClone(graph.Array({pipe.in, pipe.out}));
    REQUIRE(unread.ok());
    REQUIRE(here.PostMessage(std::vector<int>{1}, {.transfer = {&pipe.out}}).ok());
    CHECK_FALSE(pipe.out.is_open());
  }
  // Prepared, and not sent: nothing has moved, and the clone is gone.
  const int before = OpenDescriptors();
  {
    Pipe other;
    absl::StatusOr<PreparedMessage> prepared =
        PreparedMessage::Prepare(std::make_pair(std::move(other.in), std::move(other.out)), {});
    REQUIRE(prepared.ok());
    CHECK(OpenDescriptors() == before + 2);
  }
  CHECK(OpenDescriptors() == before);
  // Received, and read as something else.
  Message message = PreparedMessage::Prepare(pipe.in)->transfer().empty()
                        ? std::move(*PreparedMessage::Prepare(pipe.in)).Commit()
                        : Message();
  CHECK(message.objects.size() == 1);
  CHECK(absl::IsDataLoss(Decode<int>(std::move(message)).status()));
}

TEST_CASE("Without descriptors left a clone fails, and nothing is detached or leaked") {
  const Balance balance;
  Pipe pipe, moved;
  Job job{"x", std::move(pipe.in), *ArrayBuffer::Create(8)};
  rlimit limit;
  REQUIRE(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  const int probe = dup(pipe.out.get());
  close(probe);
  for (const int spare : {0, 1}) {
    rlimit low = limit;
    low.rlim_cur = static_cast<rlim_t>(probe + spare);
    REQUIRE(setrlimit(RLIMIT_NOFILE, &low) == 0);
    // With one to spare the first is cloned, and closed again when the second fails.
    Graph graph;
    const Value value = graph.Array({job.input, pipe.out, job.bytes, moved.in});
    const absl::Status status =
        StructuredClone(value, {.transfer = {&job.bytes, &moved.in}}).status();
    REQUIRE(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    CHECK(absl::IsResourceExhausted(status));
    CHECK(absl::StartsWith(status.message(), spare == 0 ? "data[0]: " : "data[1]: "));
    CHECK_FALSE(job.bytes.detached());
    CHECK(moved.in.is_open());
    const int after = dup(pipe.out.get());
    CHECK(after == probe);
    close(after);
  }
}

TEST_CASE("What cannot be sent is refused, and stays") {
  const Balance balance;
  Pipe pipe;
  FileDescriptor empty;
  for (const absl::Status& status :
       {Encode(pipe.in).status(), StructuredClone(empty).status(),
        StructuredClone(1, {.transfer = {&empty}}).status(),
        StructuredClone(1, {.transfer = {&pipe.in, &pipe.in}}).status(),
        StructuredClone(1, {.transfer = {&pipe.in, &empty}}).status()}) {
    CHECK(IsDataCloneError(status));
    CHECK(absl::StrContains(status.message(), "listed twice") !=
          absl::StrContains(status.message(), "FileDescriptor"));
  }
  CHECK(pipe.in.is_open());
  Graph graph;
  CHECK(IsDataCloneError(Encode(graph.Array({pipe.in})).status()));
  // A number that a stranger writes opens nothing.
  const std::vector<std::uint8_t> forged = {0xff, 0x0f, '\\', 0};
  CHECK(absl::IsDataLoss(Decode<FileDescriptor>(forged).status()));
  CHECK_FALSE(FileDescriptor::FromTransferred(nullptr).is_open());
}

}  // namespace
}  // namespace file_descriptor_test
