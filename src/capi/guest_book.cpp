#include "capi/guest_book.h"

#include <utility>

namespace spillway {

Result<GuestReply> GuestBook::ask(const GuestRequest& request, TimePoint deadline) {
  const std::shared_ptr<Guest> guest = find(request.tenant);  // kept while it is asked
  if (!guest) return fail(Errc::not_found, "no such tenant in this program", request.tenant);
  return guest->ask(request, deadline);
}

void GuestBook::add(const std::string& name, std::shared_ptr<Guest> guest) {
  const std::lock_guard lock(mutex_);
  guests_[name] = std::move(guest);
}

void GuestBook::remove(const std::string& name) {
  std::shared_ptr<Guest> last;  // freed after the lock: its end may call the program
  const std::lock_guard lock(mutex_);
  if (const auto found = guests_.find(name); found != guests_.end()) {
    last = std::move(found->second);
    guests_.erase(found);
  }
}

std::shared_ptr<Guest> GuestBook::find(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = guests_.find(name);
  return found == guests_.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<Guest>> GuestBook::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<Guest>> out;
  for (const auto& [name, guest] : guests_) out.push_back(guest);
  return out;
}

}  // namespace spillway
