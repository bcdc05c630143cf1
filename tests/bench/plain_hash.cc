// The plain program: what one would write instead of sabre-hash. Threads, a mutex and a deque.
// usage: plain_hash THREADS PATH...
#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

std::mutex mutex;
std::condition_variable not_empty;
std::deque<std::string> queue;
bool walked = false;
std::vector<std::pair<std::string, std::string>> sums;  // path, digest

void Work() {
  EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  std::vector<char> buffer(1 << 17);
  for (;;) {
    std::unique_lock lock(mutex);
    not_empty.wait(lock, [] { return !queue.empty() || walked; });
    if (queue.empty()) break;
    const std::string path = std::move(queue.front());
    queue.pop_front();
    lock.unlock();
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    EVP_DigestInit_ex(context, sha256, nullptr);
    ssize_t got = 0;
    while (fd >= 0 && (got = read(fd, buffer.data(), buffer.size())) > 0) {
      EVP_DigestUpdate(context, buffer.data(), static_cast<std::size_t>(got));
    }
    if (fd < 0 || got < 0) std::fprintf(stderr, "%s: %s\n", path.c_str(), std::strerror(errno));
    if (fd >= 0) close(fd);
    if (fd < 0 || got < 0) continue;
    std::array<unsigned char, 32> digest;
    EVP_DigestFinal_ex(context, digest.data(), nullptr);
    std::string hex;
    for (const unsigned char byte : digest) {
      hex += "0123456789abcdef"[byte >> 4];
      hex += "0123456789abcdef"[byte & 15];
    }
    lock.lock();
    sums.emplace_back(path, std::move(hex));
  }
  EVP_MD_CTX_free(context);
  EVP_MD_free(sha256);
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::thread> threads;
  for (int i = 0; i < std::atoi(argv[1]); ++i) threads.emplace_back(Work);
  for (int i = 2; i < argc; ++i) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[i])) {
      if (!entry.is_regular_file() || entry.is_symlink()) continue;
      const std::lock_guard lock(mutex);
      queue.push_back(entry.path().string());
      not_empty.notify_one();
    }
  }
  mutex.lock();
  walked = true;
  mutex.unlock();
  not_empty.notify_all();
  for (std::thread& thread : threads) thread.join();
  std::sort(sums.begin(), sums.end());
  for (const auto& [path, hex] : sums) std::printf("%s  %s\n", hex.c_str(), path.c_str());
  return argc > 2 ? 0 : 1;
}
