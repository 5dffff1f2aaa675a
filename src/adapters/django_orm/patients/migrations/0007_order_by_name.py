from django.db import migrations, models


class Migration(migrations.Migration):
    """Apart from the filling, after which PostgreSQL lets no table be altered in the same transaction."""

    dependencies = [("patients", "0006_fill_search_terms")]

    operations = [migrations.AddIndex("patient", models.Index(fields=["name", "-id"], name="patients_by_name"))]
