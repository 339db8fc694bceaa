#include "server/upstream/direct/resolver.h"

#include <netdb.h>
#include <algorithm>
#include <mutex>
#include <thread>
#include <utility>

#include "server/transport/event_loop.h"

namespace chatgate {
namespace {

namespace ip = boost::asio::ip;

struct AddressInfoDeleter {
  void operator()(addrinfo* info) const { freeaddrinfo(info); }
};

std::pair<Resolver::Addresses, std::string> ask_system(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  const int status = getaddrinfo(host.c_str(), nullptr, &hints, &found);
  const std::unique_ptr<addrinfo, AddressInfoDeleter> list(found);
  if (status != 0) return {{}, gai_strerror(status)};
  Resolver::Addresses addresses;
  for (const auto* info = list.get(); info != nullptr; info = info->ai_next) {
    ip::tcp::endpoint endpoint;
    if (info->ai_addrlen > endpoint.capacity()) continue;
    std::copy_n(reinterpret_cast<const char*>(info->ai_addr), info->ai_addrlen,
                reinterpret_cast<char*>(endpoint.data()));
    addresses.push_back(endpoint.address());
  }
  return {std::move(addresses), "the name has no address"};
}

}  // namespace

// What the threads know of the resolver, which may end before them.
struct Resolver::Link {
  std::mutex mutex;
  EventLoop* loop = nullptr;  // null: nobody waits for an answer any more
  Resolver* resolver = nullptr;
};

Resolver::Resolver(EventLoop& loop) : loop_(loop), link_(std::make_shared<Link>()) {
  link_->loop = &loop;
  link_->resolver = this;
}

Resolver::~Resolver() {
  const std::lock_guard lock(link_->mutex);
  link_->loop = nullptr;
  link_->resolver = nullptr;
}

void Resolver::resolve(const std::string& host, Callback callback) {
  boost::system::error_code is_name;
  const auto address = ip::make_address(host, is_name);
  if (!is_name) return callback({address}, "");
  auto& known = hosts_[host];
  if (known.waiting.empty() && loop_.coarse_now_ms() < known.until_ms) {
    return callback(Addresses(known.addresses), "");
  }
  known.waiting.push_back(std::move(callback));
  if (known.waiting.size() == 1) ask(host);
}

void Resolver::ask(const std::string& host) {
  std::thread([link = link_, host] {
    auto answer = ask_system(host);
    const std::lock_guard lock(link->mutex);
    if (link->loop == nullptr) return;
    link->loop->post([link, host, answer = std::move(answer)]() mutable {
      // On the loop's thread, on which the resolver ends.
      if (link->resolver == nullptr) return;
      link->resolver->learn(host, std::move(answer.first), answer.second);
    });
  }).detach();
}

void Resolver::learn(const std::string& host, Addresses addresses, const std::string& failure) {
  auto& known = hosts_[host];
  known.addresses = std::move(addresses);
  known.until_ms = known.addresses.empty() ? 0 : loop_.coarse_now_ms() + kRememberedMs;
  const Addresses answer = known.addresses;
  for (const auto& callback : std::exchange(known.waiting, {})) callback(answer, failure);
}

}  // namespace chatgate
