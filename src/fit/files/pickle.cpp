#include "fit/files/pickle.h"

#include <algorithm>
#include <array>
#include <bit>
#include <map>
#include <utility>

#include "fit/files/parts.h"

namespace spillway::fit {
namespace {

using Index = std::uint32_t;

enum class Kind : std::uint8_t {
  nothing,
  mark,
  number,
  text,
  global,
  tuple,
  map,
  storage,
  tensor,
  object
};

// What a value is as far as tensors need it. Members: of a map key, value, key, value ...
struct Node {
  Kind kind = Kind::nothing;
  std::int64_t number = 0;
  std::string text;
  std::vector<Index> members;
  TensorType type = TensorType::u8;
};

// More than any state dictionary has, less than would hurt. A value that was kept can be recalled with
// two bytes, so nothing that is copied from one may be long.
constexpr std::size_t kMostNodes = 1'000'000;
constexpr std::size_t kLongestText = 1 << 16;
constexpr std::size_t kLongestName = 512;
constexpr std::size_t kMostNameBytes = 32 << 20;
constexpr std::size_t kMostArguments = 8;
constexpr int kDeepest = 32;

std::optional<TensorType> storage_type(std::string_view name) {
  struct Entry {
    std::string_view name;
    TensorType type;
  };
  constexpr auto kTypes = std::to_array<Entry>({
      {"torch FloatStorage", TensorType::f32},
      {"torch HalfStorage", TensorType::f16},
      {"torch BFloat16Storage", TensorType::bf16},
      {"torch DoubleStorage", TensorType::f64},
      {"torch LongStorage", TensorType::i64},
      {"torch IntStorage", TensorType::i32},
      {"torch ShortStorage", TensorType::i16},
      {"torch CharStorage", TensorType::i8},
      {"torch ByteStorage", TensorType::u8},
      {"torch BoolStorage", TensorType::boolean},
      {"torch QInt8Storage", TensorType::i8},
      {"torch QUInt8Storage", TensorType::u8},
      {"torch QInt32Storage", TensorType::i32},
      {"torch ComplexFloatStorage", TensorType::complex64},
      {"torch UntypedStorage", TensorType::u8},
      {"torch.storage UntypedStorage", TensorType::u8},
  });
  const auto found =
      std::find_if(kTypes.begin(), kTypes.end(), [&](const Entry& e) { return e.name == name; });
  if (found == kTypes.end()) return std::nullopt;
  return found->type;
}

class Machine {
 public:
  explicit Machine(HeaderReader& in) : in_(in) { nodes_.emplace_back(); }

  std::vector<PickledTensor> run() {
    bool stopped = false;
    while (in_.ok() && !stopped) stopped = step(in_.u8());
    if (in_.ok() && stack_.empty()) in_.fail_here("the pickle leaves nothing");
    std::vector<PickledTensor> out;
    if (in_.ok()) collect(stack_.back(), "", 0, out);
    return out;
  }

 private:
  Index add(Node node) {
    if (nodes_.size() >= kMostNodes) {
      in_.fail_here("the pickle builds more than torch writes");
      return 0;
    }
    nodes_.push_back(std::move(node));
    return static_cast<Index>(nodes_.size() - 1);
  }
  void push(Node node) { stack_.push_back(add(std::move(node))); }
  void push_number(std::int64_t value) { push({.kind = Kind::number, .number = value}); }
  void push_passed(std::uint64_t size) {
    in_.skip(size);
    push({});
  }
  void push_text(std::uint64_t size) {
    if (size > kLongestText) return push_passed(size);  // no name of a tensor
    push({.kind = Kind::text, .text = in_.text(size, kLongestText)});
  }
  Index pop() {
    if (stack_.empty()) {
      in_.fail_here("the pickle takes more than it has");
      return 0;
    }
    const Index top = stack_.back();
    stack_.pop_back();
    return top;
  }
  Node& top() {
    if (stack_.empty()) in_.fail_here("the pickle takes more than it has");
    return nodes_[stack_.empty() ? 0 : stack_.back()];
  }
  std::vector<Index> pop_to_mark() {
    const auto mark = std::find_if(stack_.rbegin(), stack_.rend(),
                                   [&](Index i) { return nodes_[i].kind == Kind::mark; });
    if (mark == stack_.rend()) {
      in_.fail_here("the pickle has lost a mark");
      return {};
    }
    std::vector<Index> out(mark.base(), stack_.end());
    stack_.erase(mark.base() - 1, stack_.end());
    return out;
  }
  void push_tuple(std::size_t count) {
    Node tuple{.kind = Kind::tuple};
    for (std::size_t i = 0; i < count; ++i) tuple.members.insert(tuple.members.begin(), pop());
    push(std::move(tuple));
  }
  void append(const std::vector<Index>& members) {
    Node& to = top();
    if (to.kind == Kind::text || to.kind == Kind::number || to.kind == Kind::nothing) return;
    to.members.insert(to.members.end(), members.begin(), members.end());
  }
  std::string line() {
    std::string out;
    while (in_.ok() && out.size() < kLongestText) {
      const char c = static_cast<char>(in_.u8());
      if (c == '\n') return out;
      out += c;
    }
    in_.fail_here("a line that does not end");
    return {};
  }
  void memorise(std::uint64_t key) {
    if (memo_.size() >= kMostNodes) return in_.fail_here("the pickle keeps too much");
    if (!stack_.empty()) memo_[key] = stack_.back();
  }
  void recall(std::uint64_t key) {
    const auto found = memo_.find(key);
    if (found == memo_.end()) return in_.fail_here("the pickle recalls what it never kept");
    if (stack_.size() >= kMostNodes) return in_.fail_here("the pickle piles up too much");
    stack_.push_back(found->second);
  }

  std::string short_text(Index index) {
    if (nodes_[index].text.size() > kLongestName) in_.fail_here("a name of more than 512 bytes");
    return in_.ok() ? nodes_[index].text : std::string();
  }

  // ('storage', torch.FloatStorage, '0', 'cpu', 1000)
  void push_storage(Index identity) {
    const Node& id = nodes_[identity];
    if (id.kind != Kind::tuple || id.members.size() < 5) {
      return in_.fail_here("the pickle names something that is no storage");
    }
    const auto type = storage_type(nodes_[id.members[1]].text);
    if (!type) return in_.fail_here("a storage of a type that is not known");
    push({.kind = Kind::storage, .text = short_text(id.members[2]), .type = *type});
  }
  void reduce() {
    const Index arguments = pop();
    const Index callee = pop();
    if (!in_.ok()) return;
    call(nodes_[callee].kind == Kind::global ? nodes_[callee].text : std::string(), arguments, 0);
  }
  void call(const std::string name, Index arguments, int depth) {
    const std::vector<Index>& all = nodes_[arguments].members;
    const std::vector<Index> given(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                                  all.size(), kMostArguments)));
    const auto is = [&](std::string_view wanted) { return name == wanted; };
    if (is("torch._utils _rebuild_tensor_v2") || is("torch._utils _rebuild_tensor") ||
        is("torch._utils _rebuild_tensor_v3") || is("torch._utils _rebuild_qtensor")) {
      return push_tensor(given);
    }
    if (!given.empty() && (is("torch._utils _rebuild_parameter") || is("torch Size") ||
                           is("torch._utils _rebuild_parameter_with_state"))) {
      stack_.push_back(given[0]);
      return;
    }
    if (is("torch._tensor _rebuild_from_type_v2") && given.size() >= 3 && depth == 0) {
      return call(nodes_[given[0]].text, given[2], 1);
    }
    if (is("collections OrderedDict") || is("__builtin__ dict") || is("builtins dict")) {
      return push({.kind = Kind::map});
    }
    push({.kind = Kind::object, .members = {arguments}});
  }
  void push_tensor(const std::vector<Index>& given) {
    if (given.size() < 3 || nodes_[given[0]].kind != Kind::storage) {
      return in_.fail_here("a tensor without a storage");
    }
    Node node{.kind = Kind::tensor, .type = nodes_[given[0]].type};
    node.members = {given[0], given[1], given[2]};
    if (given.size() >= 7 && nodes_[given[6]].text.starts_with("torch ")) {  // _rebuild_tensor_v3
      if (const auto type = find_tensor_type(nodes_[given[6]].text.substr(6))) node.type = *type;
    }
    push(std::move(node));
  }
  void push_long(std::size_t size) {
    const std::string bytes = in_.text(size, 1024);
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < std::min<std::size_t>(bytes.size(), 8); ++i) {
      value |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
    }
    const bool negative = !bytes.empty() && (bytes.back() & 0x80) != 0;
    if (negative && bytes.size() < 8) value |= ~std::uint64_t{0} << (8 * bytes.size());
    push_number(static_cast<std::int64_t>(value));
  }

  // One opcode; true at the end of the program.
  bool step(std::uint8_t code) {
    switch (code) {
      case 0x80: in_.skip(1); break;                                           // PROTO
      case 0x95: in_.skip(8); break;                                           // FRAME
      case '.': return true;                                                   // STOP
      case '(': push({.kind = Kind::mark}); break;                             // MARK
      case '0': pop(); break;                                                  // POP
      case '1': pop_to_mark(); break;                                          // POP_MARK
      case 'N': push({}); break;                                               // NONE
      case 0x88: push_number(1); break;                                        // NEWTRUE
      case 0x89: push_number(0); break;                                        // NEWFALSE
      case 'K': push_number(in_.u8()); break;                                  // BININT1
      case 'M': push_number(in_.u16()); break;                                 // BININT2
      case 'J': push_number(static_cast<std::int32_t>(in_.u32())); break;      // BININT
      case 0x8a: push_long(in_.u8()); break;                                   // LONG1
      case 'G': push_passed(8); break;                                         // BINFLOAT
      case 'X': push_text(in_.u32()); break;                                   // BINUNICODE
      case 0x8c: push_text(in_.u8()); break;                                   // SHORT_BINUNICODE
      case 0x8d: push_text(in_.u64()); break;                                  // BINUNICODE8
      case 'U': push_text(in_.u8()); break;                                    // SHORT_BINSTRING
      case 'T': push_text(in_.u32()); break;                                   // BINSTRING
      case 'C': push_passed(in_.u8()); break;                                  // SHORT_BINBYTES
      case 'B': push_passed(in_.u32()); break;                                 // BINBYTES
      case 0x8e: push_passed(in_.u64()); break;                                // BINBYTES8
      case ']':                                                                // EMPTY_LIST
      case ')':                                                                // EMPTY_TUPLE
      case 0x8f: push({.kind = Kind::tuple}); break;                           // EMPTY_SET
      case '}': push({.kind = Kind::map}); break;                              // EMPTY_DICT
      case 'l':                                                                // LIST
      case 't': push({.kind = Kind::tuple, .members = pop_to_mark()}); break;  // TUPLE
      case 'd': push({.kind = Kind::map, .members = pop_to_mark()}); break;    // DICT
      case 0x85: push_tuple(1); break;                                         // TUPLE1
      case 0x86: push_tuple(2); break;                                         // TUPLE2
      case 0x87: push_tuple(3); break;                                         // TUPLE3
      case 'a': {                                                              // APPEND
        const Index value = pop();
        append({value});
        break;
      }
      case 0x90:                               // ADDITEMS
      case 'e':                                // APPENDS
      case 'u': append(pop_to_mark()); break;  // SETITEMS
      case 's': {                              // SETITEM
        const Index value = pop();
        const Index key = pop();
        append({key, value});
        break;
      }
      case 'q': memorise(in_.u8()); break;       // BINPUT
      case 'r': memorise(in_.u32()); break;      // LONG_BINPUT
      case 0x94: memorise(memo_.size()); break;  // MEMOIZE
      case 'h': recall(in_.u8()); break;         // BINGET
      case 'j': recall(in_.u32()); break;        // LONG_BINGET
      case 'c': {                                // GLOBAL
        const std::string module = line();
        push({.kind = Kind::global, .text = module + " " + line()});
        break;
      }
      case 0x93: {  // STACK_GLOBAL
        const Index name = pop();
        const Index module = pop();
        push({.kind = Kind::global, .text = short_text(module) + " " + short_text(name)});
        break;
      }
      case 'Q': push_storage(pop()); break;  // BINPERSID
      case 'R': reduce(); break;             // REDUCE
      case 0x81:
        pop();
        pop();
        push({.kind = Kind::object});
        break;                   // NEWOBJ
      case 'b': build(); break;  // BUILD
      default: in_.fail_here("an opcode that torch does not write"); break;
    }
    return false;
  }
  // An object's state is a map of its attributes, or a pair of such.
  void build() {
    const Index state = pop();
    Node& object = top();
    if (object.kind == Kind::object) object.members.push_back(state);
  }

  void collect(Index index, const std::string& path, int depth, std::vector<PickledTensor>& out) {
    const Node& node = nodes_[index];
    if (depth > kDeepest || !in_.ok()) return;
    if (node.kind == Kind::tensor) {
      name_bytes_ += path.size() + sizeof(PickledTensor);
      if (name_bytes_ > kMostNameBytes) return in_.fail_here("the pickle names too much");
      return out.push_back(tensor_of(node, path));
    }
    const bool holds =
        node.kind == Kind::map || node.kind == Kind::tuple || node.kind == Kind::object;
    if (!holds || std::exchange(seen_[index], true)) return;  // cycles, and what is named twice
    const auto below = [&](std::string name) {
      name = path.empty() ? name : path + "." + name;
      if (name.size() > kLongestName) in_.fail_here("a name of more than 512 bytes");
      return name;
    };
    for (std::size_t i = 0; i < node.members.size() && in_.ok(); ++i) {
      if (node.kind == Kind::object) {
        collect(node.members[i], path, depth + 1, out);
      } else if (node.kind == Kind::tuple) {
        collect(node.members[i], below(std::to_string(i)), depth + 1, out);
      } else if (i % 2 == 1) {
        const Node& key = nodes_[node.members[i - 1]];
        if (key.kind == Kind::text && wrapper(key.text, depth)) {
          collect(node.members[i], path, depth + 1, out);
        } else {
          const bool text = key.kind == Kind::text && key.text.size() <= kLongestName;
          collect(node.members[i], below(text ? key.text : std::to_string(key.number)), depth + 1,
                  out);
        }
      }
    }
  }
  // What programs put around a state dictionary.
  static bool wrapper(std::string_view name, int depth) {
    return depth == 0 && (name == "state_dict" || name == "model_state_dict");
  }
  PickledTensor tensor_of(const Node& node, const std::string& path) {
    PickledTensor out;
    out.tensor.name = path;
    out.tensor.type = node.type;
    out.storage = nodes_[node.members[0]].text;
    out.offset =
        static_cast<std::uint64_t>(std::max<std::int64_t>(nodes_[node.members[1]].number, 0));
    const std::vector<Index>& sizes = nodes_[node.members[2]].members;
    if (sizes.size() > 64) in_.fail_here(in_quotes(path) + " has more than 64 dimensions");
    for (std::size_t i = 0; i < sizes.size() && in_.ok(); ++i) {
      const std::int64_t number = nodes_[sizes[i]].number;
      if (number < 0) in_.fail_here(in_quotes(path) + " has a negative size");
      out.tensor.shape.push_back(static_cast<std::uint64_t>(std::max<std::int64_t>(number, 0)));
    }
    const auto bytes = bytes_of(out.tensor.type, out.tensor.shape);
    if (!bytes) in_.fail_here(in_quotes(path) + " is too large to be true");
    out.tensor.bytes = bytes.value_or(Bytes{});
    return out;
  }

  HeaderReader& in_;
  std::vector<Node> nodes_;
  std::vector<Index> stack_;
  std::map<std::uint64_t, Index> memo_;
  std::map<Index, bool> seen_;
  std::size_t name_bytes_ = 0;
};

}  // namespace

std::vector<PickledTensor> follow_pickle(HeaderReader& in) { return Machine(in).run(); }

}  // namespace spillway::fit
