//! How large a sample is.

/// How large a sample is. Numbers by street are in the order of the streets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Size {
    /// Compounds, each with its branch, by street.
    pub compounds: [usize; 4],
    /// Communities by street.
    pub communities: [usize; 4],
    /// Red-flag seats by street (F1, F4): what 20% of the branches come to. The sample is laid out
    /// so that as many compounds reach the line.
    pub seats: [usize; 4],
    /// Members in service.
    pub in_service: i64,
    /// Point entries of members.
    pub entries: i64,
    /// Committee members' posts, besides one secretary a compound and one a community.
    pub committee: usize,
    /// Property companies.
    pub companies: usize,
    /// Property projects; at most one a compound.
    pub projects: usize,
    /// Branches at employers.
    pub units: usize,
}

impl Size {
    /// The whole county: 100 branches, 4,300 members in service, 200,000 entries.
    pub const COUNTY: Self = Self {
        compounds: [47, 33, 13, 7],
        communities: [5, 4, 2, 1],
        seats: [9, 7, 3, 1],
        in_service: 4_300,
        entries: 200_000,
        committee: 208,
        companies: 30,
        projects: 80,
        units: 60,
    };

    /// A county in little, for tests: the same odd cases, a fortieth of the entries.
    pub const LITTLE: Self = Self {
        compounds: [10, 8, 4, 3],
        communities: [3, 2, 1, 1],
        seats: [2, 2, 1, 0],
        in_service: 250,
        entries: 5_000,
        committee: 52,
        companies: 8,
        projects: 20,
        units: 12,
    };
}
