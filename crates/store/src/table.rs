/// The entity of one table: column names are field names, and there are no relations, so that a query says its own joins.
macro_rules! table {
    ($(#[$doc:meta])* $name:ident $table:literal { $($(#[$attr:meta])* $field:ident: $type:ty),+ $(,)? }) => {
        $(#[$doc])*
        pub(crate) mod $name {
            #![allow(unreachable_pub, reason = "the derives of sea-orm make everything public")]

            use sea_orm::entity::prelude::*;

            #[derive(Clone, Debug, DeriveEntityModel)]
            #[sea_orm(table_name = $table)]
            pub struct Model {
                $($(#[$attr])* pub $field: $type),+
            }

            #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
            pub enum Relation {}

            impl ActiveModelBehavior for ActiveModel {}
        }
    };
}
pub(crate) use table;
