#include "tables/streaming.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>

#include <optional>

namespace nb = nanobind;
using namespace nb::literals;

namespace umapkit {

namespace {

template <class T>
using Vector = nb::ndarray<const T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
template <class T>
using Matrix = nb::ndarray<const T, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
template <class T>
using Out = nb::ndarray<T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using OutMatrix = nb::ndarray<float, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

void require(bool holds, const char* message) {
  if (!holds) throw nb::value_error(message);
}

// The arrays of a pool, and in `used` the vectors taken.
struct Pool {
  Out<std::int64_t> first;
  Out<std::int32_t> room, count;
  Out<float> degree;
  Out<std::int32_t> heads;
  Out<float> out, in, weights;
  Out<std::int64_t> used;

  EdgePoolArgs args() const {
    const std::size_t n = first.shape(0), entries = heads.shape(0);
    require(room.shape(0) == n && count.shape(0) == n && degree.shape(0) == n &&
                entries % 16 == 0 && out.shape(0) == entries && in.shape(0) == entries &&
                weights.shape(0) == entries && used.shape(0) == 1,
            "the arrays do not belong to one pool");
    return {n,
            first.data(),
            room.data(),
            count.data(),
            degree.data(),
            static_cast<std::int64_t>(entries / 16),
            used.data()[0],
            heads.data(),
            out.data(),
            in.data(),
            weights.data()};
  }
};

template <class T>
T item(const nb::tuple& arrays, std::size_t i) {
  return nb::cast<T>(arrays[i], false);
}

Pool pool_of(const nb::tuple& arrays) {
  require(arrays.size() == 9, "a pool has nine arrays");
  return {item<Out<std::int64_t>>(arrays, 0), item<Out<std::int32_t>>(arrays, 1),
          item<Out<std::int32_t>>(arrays, 2), item<Out<float>>(arrays, 3),
          item<Out<std::int32_t>>(arrays, 4), item<Out<float>>(arrays, 5),
          item<Out<float>>(arrays, 6),        item<Out<float>>(arrays, 7),
          item<Out<std::int64_t>>(arrays, 8)};
}

void require_slots(const std::int32_t* slots, std::size_t n, std::size_t capacity) {
  for (std::size_t i = 0; i < n; ++i)
    require(slots[i] >= 0 && static_cast<std::size_t>(slots[i]) < capacity,
            "there is no such slot");
}

std::int64_t relink_edges(nb::tuple arrays, Vector<std::int32_t> slots,
                          Matrix<std::int32_t> targets, Matrix<float> values,
                          Vector<std::int32_t> counts, int n_threads) {
  const Pool pool = pool_of(arrays);
  EdgePoolArgs args = pool.args();
  const std::size_t rows = slots.shape(0), k = targets.shape(1);
  require(targets.shape(0) == rows && values.shape(0) == rows && values.shape(1) == k &&
              counts.shape(0) == rows,
          "the lists do not belong together");
  require_slots(slots.data(), rows, args.capacity);
  for (std::size_t r = 0; r < rows; ++r) {
    const std::int32_t count = counts.data()[r];
    require(count <= static_cast<std::int32_t>(k), "a list is longer than its row");
    if (count > 0)
      require_slots(targets.data() + r * k, static_cast<std::size_t>(count), args.capacity);
  }
  const NewListsArgs lists{rows, k, slots.data(), targets.data(), values.data(), counts.data()};
  std::int64_t wanted = 0;
  {
    nb::gil_scoped_release release;
    wanted = streaming_kernels().relink(args, lists, n_threads);
  }
  pool.used.data()[0] = args.used;
  return wanted;
}

std::int64_t packed_vectors(nb::tuple arrays) {
  return streaming_kernels().packed_vectors(pool_of(arrays).args());
}

void repack_edges(nb::tuple from, nb::tuple to) {
  const Pool source = pool_of(from), target = pool_of(to);
  EdgePoolArgs args = target.args();
  const EdgePoolArgs old = source.args();
  require(args.capacity == old.capacity, "the pools hold different slots");
  require(streaming_kernels().packed_vectors(old) <= args.vectors, "the new pool is too small");
  {
    nb::gil_scoped_release release;
    streaming_kernels().repack(old, args);
  }
  target.used.data()[0] = args.used;
}

ReadListsArgs lists_of(const Matrix<std::int32_t>& indices, const Matrix<float>& distances,
                       const Vector<std::int32_t>& slots) {
  const std::size_t n = indices.shape(0), k = indices.shape(1);
  require(distances.shape(0) == n && distances.shape(1) == k && k >= 1,
          "indices, distances: (capacity, k)");
  require_slots(slots.data(), slots.shape(0), n);
  return {k,   indices.data(), distances.data(), nullptr, 0.0f, 0.0, 0.0,
          0.0, slots.shape(0), slots.data()};
}

void sum_lists(Matrix<std::int32_t> indices, Matrix<float> distances, Vector<std::int32_t> slots,
               Out<double> sums, Out<std::int64_t> counts, int n_threads) {
  const ReadListsArgs args = lists_of(indices, distances, slots);
  require(sums.shape(0) == indices.shape(0) && counts.shape(0) == indices.shape(0),
          "sums, counts: (capacity,)");
  nb::gil_scoped_release release;
  streaming_kernels().sum_lists(args, sums.data(), counts.data(), n_threads);
}

void read_lists(Matrix<std::int32_t> indices, Matrix<float> distances, Vector<bool> linked,
                Vector<std::int32_t> slots, float cut, double connectivity, double target,
                double mean_distance, nb::ndarray<std::int32_t, nb::ndim<2>, nb::c_contig> targets,
                OutMatrix values, Out<std::int32_t> counts, Out<bool> waiting, int n_threads) {
  ReadListsArgs args = lists_of(indices, distances, slots);
  const std::size_t n = indices.shape(0), k = indices.shape(1), m = slots.shape(0);
  require(linked.shape(0) == n, "linked: (capacity,)");
  require(targets.shape(0) == m && targets.shape(1) == k && values.shape(0) == m &&
              values.shape(1) == k && counts.shape(0) == m && waiting.shape(0) == m,
          "targets, values: (m, k); counts, waiting: (m,)");
  for (std::size_t i = 0; i < m; ++i) {
    const std::int32_t* const list = indices.data() + static_cast<std::size_t>(slots.data()[i]) * k;
    for (std::size_t j = 0; j < k; ++j)
      require(list[j] < static_cast<std::int32_t>(n), "indices: there is no such slot");
  }
  require(mean_distance >= 0.0 && cut > 0.0f && connectivity >= 0.0 && target > 0.0,
          "cut, connectivity, target or mean_distance is out of range");
  args.linked = reinterpret_cast<const std::uint8_t*>(linked.data());
  args.cut = cut;
  args.connectivity = connectivity;
  args.target = target;
  args.mean_distance = mean_distance;
  nb::gil_scoped_release release;
  streaming_kernels().read_lists(args, targets.data(), values.data(), counts.data(),
                                 reinterpret_cast<std::uint8_t*>(waiting.data()), n_threads);
}

void move_slots(nb::tuple arrays, OutMatrix state, OutMatrix copy, Vector<std::int32_t> where,
                OutMatrix homes, Out<std::int32_t> ages, Vector<std::int64_t> ends,
                Vector<std::int32_t> slots, Vector<float> steps,
                std::optional<Vector<bool>> settling, std::size_t n, float a, float b, float gamma,
                float negative_rate, float drawn, std::int32_t negative_runs, float memory,
                float anchor, std::uint64_t seed, std::uint64_t stamp, int n_threads) {
  const Pool pool = pool_of(arrays);
  const EdgePoolArgs edges = pool.args();
  const std::size_t dim = copy.shape(0);
  require(dim >= 1 && state.shape(0) == edges.capacity &&
              state.shape(1) == (dim == 3 ? 8 : 2 * dim) && where.shape(0) == edges.capacity &&
              homes.shape(0) == edges.capacity && homes.shape(1) == dim &&
              ages.shape(0) == edges.capacity && copy.shape(1) >= n + 16 &&
              steps.shape(0) == slots.shape(0) && n >= 1,
          "the arrays do not belong to one map");
  require_slots(slots.data(), slots.shape(0), edges.capacity);
  require(!settling || settling->shape(0) == slots.shape(0), "settling: one for each slot");
  std::int64_t before = 0;
  for (std::size_t part = 0; part < ends.shape(0); ++part) {
    require(ends.data()[part] >= before, "the parts are not in order");
    before = ends.data()[part];
  }
  require(before == static_cast<std::int64_t>(slots.shape(0)), "the parts are not all slots");
  for (std::size_t i = 0; i < slots.shape(0); ++i) {
    const std::int32_t at = where.data()[slots.data()[i]];
    require(at >= 0 && static_cast<std::size_t>(at) < n, "a slot is not on the map");
  }
  const StreamMoveArgs args{
      n,
      copy.shape(1),
      static_cast<int>(dim),
      state.data(),
      copy.data(),
      where.data(),
      homes.data(),
      ages.data(),
      ends.shape(0),
      ends.data(),
      slots.data(),
      steps.data(),
      settling ? reinterpret_cast<const std::uint8_t*>(settling->data()) : nullptr,
      a,
      b,
      gamma,
      negative_rate,
      drawn,
      negative_runs,
      memory,
      anchor,
      seed,
      stamp};
  nb::gil_scoped_release release;
  streaming_kernels().move_slots(edges, args, n_threads);
}

}  // namespace

void bind_streaming(nb::module_& m) {
  m.def("relink_edges", &relink_edges, "pool"_a, "slots"_a.noconvert(), "targets"_a.noconvert(),
        "values"_a.noconvert(), "counts"_a.noconvert(), nb::kw_only(), "n_threads"_a,
        "Take new lists of some slots into the pool; 0, or how many vectors it must have.");
  m.def("packed_vectors", &packed_vectors, "pool"_a, "Vectors that the blocks need, packed anew.");
  m.def("repack_edges", &repack_edges, "pool"_a, "to"_a, "Copy the blocks to another pool.");
  m.def("sum_lists", &sum_lists, "indices"_a.noconvert(), "distances"_a.noconvert(),
        "slots"_a.noconvert(), "sums"_a.noconvert(), "counts"_a.noconvert(), "n_threads"_a,
        "Write sums and numbers of the finite distances of some lists, by slot.");
  m.def("read_lists", &read_lists, "indices"_a.noconvert(), "distances"_a.noconvert(),
        "linked"_a.noconvert(), "slots"_a.noconvert(), nb::kw_only(), "cut"_a, "connectivity"_a,
        "target"_a, "mean_distance"_a, "targets"_a.noconvert(), "values"_a.noconvert(),
        "counts"_a.noconvert(), "waiting"_a.noconvert(), "n_threads"_a,
        "Memberships of some slots of a growing table; see stream_lists.hpp.");
  m.def("move_slots", &move_slots, "pool"_a, "state"_a.noconvert(), "copy"_a.noconvert(),
        "where"_a.noconvert(), "homes"_a.noconvert(), "ages"_a.noconvert(), "ends"_a.noconvert(),
        "slots"_a.noconvert(), "steps"_a.noconvert(), "settling"_a.noconvert().none(),
        nb::kw_only(), "n"_a, "a"_a, "b"_a, "gamma"_a, "negative_rate"_a, "drawn"_a,
        "negative_runs"_a, "memory"_a, "anchor"_a, "seed"_a, "stamp"_a, "n_threads"_a,
        "Moves of some points of a growing map, part after part, in place; see stream_move.hpp.");
}

}  // namespace umapkit
